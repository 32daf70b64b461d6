<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>Vous êtes connecté.</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>Vous êtes connecté en tant que {subject}.</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>Vous êtes connecté en tant que {subject}, pour {account}.</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>Personne n’est connecté sur cet appareil.</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>Carte</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>{brand} se terminant par {last4}</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>Vous êtes connecté.</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>Vous n’êtes pas connecté.</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>Vous pouvez fermer cette page et revenir là d’où vous venez.</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date} à {time}</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>{number} jour</numerusform>
                <numerusform>{number} jours</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>{number} heure</numerusform>
                <numerusform>{number} heures</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>{number} minute</numerusform>
                <numerusform>{number} minutes</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger} et {smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>moins d’une minute</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>à l’instant</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>il y a {span}</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>Cet appareil n’est pas encore activé.</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>En attente de la confirmation de votre paiement.</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>Cet appareil est en cours d’activation pour votre compte.</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>En attente de la confirmation par le lien reçu par e‑mail.</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>En attente de la confirmation de votre paiement. Vous pouvez travailler jusqu’au {until}.</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>Activé. Tout fonctionne.</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>Activé. Votre période d’essai dure jusqu’au {period}.</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>Activé. Une nouvelle vérification est nécessaire avant le {until}.</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>Activé jusqu’au {period}. Votre abonnement prendra alors fin, comme vous l’avez demandé.</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>Votre dernier paiement a échoué. Vous pouvez continuer jusqu’au {until}.</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>Le renouvellement du {period} n’est pas encore confirmé. Vous pouvez continuer jusqu’au {until}.</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>Votre abonnement demande votre attention. Vous pouvez continuer jusqu’au {until}.</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>Cette activation a expiré le {ended}.</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>Cette activation a expiré.</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>Cette activation a expiré le {ended}, faute d’avoir pu être vérifiée.</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>Cette activation a pris fin le {ended}, car votre dernier paiement a échoué.</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>Votre abonnement a pris fin le {ended}, comme vous l’avez demandé.</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>Votre abonnement a été résilié.</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>Votre achat a été annulé.</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>Votre abonnement a été arrêté, car il n’a pas été payé.</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>Votre abonnement a été arrêté, car le dernier paiement a échoué.</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>Votre paiement a été remboursé. Cette activation a donc pris fin.</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>Votre paiement a été annulé par votre banque. Cette activation a donc pris fin.</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>Votre abonnement est en pause.</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>Votre premier paiement n’est pas terminé.</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>Votre premier paiement n’a pas été terminé à temps.</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>Rien n’a encore été payé pour cet appareil.</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>En attente de la confirmation du paiement par votre banque.</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>Votre achat concerne un autre produit.</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>Cet appareil a été retiré de votre compte.</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Votre abonnement est déjà utilisé sur autant d’appareils qu’il le permet.</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>Il n’y a pas d’abonnement pour cet appareil pour le moment.</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>Cette activation appartient à un autre appareil.</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>Ces fichiers ont été copiés ici depuis un autre emplacement.</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>Cette activation a été signée par une entité que ce programme ne connaît pas.</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>Cette activation concerne un autre produit.</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>L’activation enregistrée est endommagée ou a été modifiée.</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>Il reste moins d’un jour : {span}.</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>Il reste moins d’une heure : {span}.</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>Choisissez une formule et continuez dans le navigateur. Si vous avez déjà payé, restaurez votre achat ou importez un fichier de licence.</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>Terminez dans le navigateur. La confirmation du paiement est détectée ici automatiquement.</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>Ouvrez l’e‑mail sur n’importe quel appareil, suivez le lien et confirmez.</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>Vous n’avez rien à faire ; cela prend quelques minutes tout au plus.</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>Pour le conserver, ouvrez « Gérer la facturation » et reprenez-le.</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>D’ici là, payez la facture en attente ou changez de carte dans « Gérer la facturation ».</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>Connectez-vous une fois à Internet avant cette date ; le reste se fait tout seul.</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>Connectez-vous à Internet. Cet appareil s’activera ensuite automatiquement.</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>Ouvrez « Gérer la facturation » pour voir ce qui vous est demandé.</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>Si une facture est en attente, payez-la. Si vous avez déjà payé, restaurez votre achat.</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>Cela peut prendre plusieurs jours. Cet appareil s’activera automatiquement.</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>Connectez-vous une fois à Internet. Si l’abonnement a pris fin, renouvelez-le.</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>Abonnez-vous de nouveau pour continuer.</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>Achetez-le de nouveau pour continuer.</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>Payez la facture en attente. Cet appareil s’activera ensuite automatiquement.</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>Ouvrez « Gérer la facturation » et reprenez l’abonnement.</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>Ouvrez « Gérer la facturation » et terminez le paiement.</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>Pour l’utiliser de nouveau ici, restaurez votre achat.</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>Retirez un appareil que vous n’utilisez plus, puis actualisez l’activation.</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>Actualisez l’activation. Si cela ne suffit pas, envoyez le diagnostic à {support}.</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>l’assistance de l’éditeur</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>Formule</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>{plan}, {number} siège</numerusform>
                <numerusform>{plan}, {number} sièges</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>Appareil</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>Prochain renouvellement</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>Paiement</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>Unique, sans renouvellement</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>À vérifier avant le</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>Fin</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>Payé jusqu’au</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>Hors ligne jusqu’au</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>Utilisable jusqu’au</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>A fonctionné jusqu’au</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>Dernière vérification</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>Prochaine vérification</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>L’horloge de cet ordinateur retarde. Mettez-la à l’heure ; rien d’autre n’en dépend.</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>La date du service de facturation diffère de plus d’un jour de celle de cet ordinateur. Vous n’avez rien à modifier : la licence est revérifiée automatiquement.</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>Le trousseau de clés du système est verrouillé ou absent. L’activation ne peut donc pas être renouvelée. Déverrouillez-le ou choisissez de garder les clés dans un fichier.</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>Les identifiants enregistrés ne peuvent pas être ouverts. Actualisez l’activation ou réactivez cet appareil.</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>Le service de facturation est injoignable. Une nouvelle tentative aura lieu automatiquement.</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>L’activation n’a pas pu être enregistrée. Libérez de l’espace sur le disque ou vérifiez qui peut écrire dans le dossier.</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>Un paiement a échoué. Ouvrez « Gérer la facturation » pour y remédier.</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>L’abonnement ne sera pas renouvelé.</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>Tous les appareils de cet abonnement sont utilisés. Retirez-en un dont vous n’avez plus besoin.</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>La dernière réponse du service de facturation n’a pas été acceptée, car sa signature ou son contenu est incorrect. Ce qui était valable le reste. Si le problème persiste, contactez l’assistance.</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>La dernière actualisation a été refusée. {reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>La liste des clés de signature du service de facturation n’a pas été acceptée. Ce qui était valable le reste. Si le problème persiste, contactez l’assistance.</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>La liste des clés de signature de l’éditeur a expiré. Votre licence fonctionne toujours. Si le problème persiste, contactez l’assistance.</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>Continuer dans le navigateur</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>J’ai déjà payé</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>Utiliser cet appareil</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>Importer un fichier de licence</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>Activer hors ligne</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>Rouvrir le navigateur</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>Copier le lien</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>Annuler</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>Actualiser l’activation</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>Payer la facture</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>Gérer la facturation</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>Gérer les appareils</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>Copier le diagnostic</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>Tout va bien.</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>Un point demande votre attention.</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>Non vérifié, car autre chose doit d’abord fonctionner.</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>Pas de réponse à temps ({seconds} s).</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>Vérifiez de nouveau plus tard. Si le blocage se répète, redémarrez cet ordinateur.</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>Le message est « {code} ».</translation>
        </message>
        <message id="check.profile">
            <source>Profile</source>
            <translation>Profil</translation>
        </message>
        <message id="check.profile.ok">
            <source>{name} ({product})</source>
            <translation>{name} ({product})</translation>
        </message>
        <message id="check.files">
            <source>Files</source>
            <translation>Fichiers</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>Dans {folder}, pour vous seul.</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>D’autres peuvent accéder à : {files}.</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>Faites en sorte que {folder} et son contenu soient à vous seul (chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>Ces éléments appartiennent à quelqu’un d’autre : {files}.</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>Faites en sorte que {folder} et son contenu soient à vous seul (chown, chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>Écriture impossible : {files}.</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>Faites en sorte de pouvoir écrire dans {folder} et son contenu (chmod -R u+rw).</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>Examen impossible : {files}.</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>Vérifiez qui peut accéder à {folder}.</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>Service d’arrière-plan</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>La version {version} répond (processus {pid}).</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>La version {theirs} y est active ; celle-ci est la version {ours}.</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Arrêtez-le ; la bonne version démarre automatiquement.</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>Trousseau de clés</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>Les clés sont disponibles.</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>Le trousseau de clés est en cours de consultation.</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>Stockage</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>Les fichiers peuvent être lus et écrits.</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>Le dernier enregistrement a échoué.</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Libérez de l’espace sur le disque ou vérifiez qui peut écrire dans le dossier.</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>Horloge</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>L’heure de cet ordinateur est plausible.</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>L’horloge de cet ordinateur retarde par rapport à l’heure connue.</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>Réglez la date et l’heure de cet ordinateur.</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>Licence</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>La licence est valide.</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>La licence est encore valide un certain temps : le renouvellement n’est pas confirmé.</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>Le paiement n’est pas encore confirmé.</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>Terminez dans le navigateur ou attendez quelques minutes.</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>Il n’y a pas encore de licence.</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>Activez cet appareil.</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>La licence a expiré.</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>Connectez-vous à Internet et actualisez l’activation.</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>Il n’y a pas d’abonnement pour cette licence pour le moment.</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>Ouvrez la vue d’ensemble pour savoir pourquoi, ou actualisez l’activation.</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>La licence est endommagée, modifiée ou destinée à un autre appareil.</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>Actualisez l’activation ou réactivez cet appareil.</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>Dernière actualisation</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>La dernière réponse du service de facturation a été acceptée.</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>Le service de facturation n’a pas encore été interrogé.</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>Le service de facturation n’a pas pu être joint. Une nouvelle tentative a lieu automatiquement.</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>La dernière réponse du service de facturation n’a pas été acceptée ({code}). Ce qui était valable le reste.</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>Actualisez l’activation. Si le problème persiste, contactez l’assistance.</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>La dernière réponse du service de facturation était signée avec une clé que ce programme ne connaît pas. Ce qui était valable le reste.</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>Actualisez l’activation. Si le problème persiste, contactez l’assistance : l’éditeur a peut-être changé ses clés.</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>Clés de signature</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>La liste des clés de signature de l’éditeur est valide (version {version}).</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>Les clés fournies avec ce programme s’appliquent.</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>La liste des clés de signature de l’éditeur a expiré (version {version}). Votre licence fonctionne toujours.</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>Contactez l’assistance : l’éditeur doit publier une nouvelle liste.</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>La liste des clés de signature du service de facturation n’a pas été acceptée ({code}). Ce qui était valable le reste.</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>Réessayez plus tard. Si le problème persiste, contactez l’assistance.</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>Navigateur</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>Les liens s’ouvrent dans le navigateur.</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>Il n’y a pas d’écran ici : les liens sont affichés sous forme de texte.</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>Service de facturation</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>{host} répond.</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>{host} répond, mais rencontre un problème.</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>Réessayez plus tard.</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>Connexion sécurisée</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>Le certificat du serveur est valide.</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>Le serveur est sur cet ordinateur, où elle n’est pas nécessaire.</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>Heure du service</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>Elle correspond à l’heure d’ici.</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>Elle s’écarte de {minutes} min de l’heure d’ici.</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>Actualisez l’activation.</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>Vous voilà de retour</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>{product} affiche dans sa propre fenêtre ce qui a changé. Vous pouvez fermer cet onglet.</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>Il n’y a rien ici.</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>Cet ordinateur n’est jamais en ligne</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>Scannez ceci avec un téléphone et suivez-y les étapes. À la fin, le téléphone affiche un code d’activation à saisir ici.</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>Code QR avec la demande de cet ordinateur</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>Création de la demande…</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>Recréer la demande</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>Enregistrer la demande dans un fichier</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>Fichiers texte (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>Enregistré sous {name}. Apportez ce fichier à {page} sur un ordinateur connecté ; vous y recevrez un fichier de licence ou un code d’activation.</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>Code d’activation</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>Activer</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>Vérification du code d’activation…</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>Le code d’activation a été accepté.</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>Les majuscules, les espaces et les tirets sont sans importance. Un groupe incorrect est signalé aussitôt.</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>Groupes saisis : {done}. Tout est correct jusqu’ici.</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>Groupes saisis : {done} sur {all}. Tout est correct jusqu’ici.</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>Le groupe {group} n’est pas correct : {text}. Comparez-le avec le code affiché.</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>« {text} » ne figure dans aucun code d’activation.</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>Le code n’a que {all} groupes. Voyez si l’un d’eux a été saisi deux fois.</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>Le code est complet.</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>C’est une licence. Elle peut être importée telle quelle.</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>C’est déjà payé.</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>Actualisez l’activation. Pour modifier l’abonnement ou payer une facture en attente, utilisez « Gérer la facturation ».</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Votre abonnement est déjà utilisé sur autant d’appareils qu’il le permet.</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>Retirez un appareil que vous n’utilisez plus, puis réessayez.</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>Des appareils ont été échangés trop souvent au cours des 30 derniers jours.</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>Réessayez dans quelques jours ou contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>Aucun achat n’est possible pour le moment.</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Réessayez plus tard ou contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>Le service de facturation n’accepte plus cet appareil.</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>Restaurez votre achat pour reconnecter cet appareil.</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>Le service de facturation ne connaît pas cet appareil.</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>Si vous avez déjà payé, restaurez votre achat. Sinon, choisissez une offre.</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>Cela a été demandé trop souvent en peu de temps.</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>Réessayez dans une minute.</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>Cet article est vendu pour un autre produit.</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>Choisissez une formule de ce programme. Si elle est refusée aussi, contactez le support.</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>Rien n’a encore été acheté avec ceci.</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>Choisissez une formule et continuez dans le navigateur.</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>Le service de facturation ne le permet pas.</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>Votre compte ne peut pas encore vendre : il n’est pas relié à Stripe.</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>Reliez-le là où vous gérez votre compte.</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>Le service de facturation ne l’a pas, ou ne l’a plus.</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>Cela contredit ce que sait le service de facturation.</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>Actualisez l’activation, puis réessayez.</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>Le service de facturation a refusé.</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Réessayez plus tard ou contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>Cette demande n’a pas été comprise.</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>Le service de facturation ne propose pas cela.</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>Le service de facturation ne peut pas répondre à ce programme.</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>Le service de facturation ne peut pas lire la demande de ce programme.</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>Le service de facturation est injoignable.</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>Vérifiez la connexion à Internet.</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>Le service de facturation n’a pas répondu à temps.</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>Vérifiez la connexion à Internet ou réessayez plus tard.</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>Impossible d’établir une connexion sécurisée avec le service de facturation.</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Ce réseau demande peut-être de s’identifier d’abord : ouvrez un navigateur. Si cela ne suffit pas, contactez l’assistance.</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>Cet ordinateur ne fait pas confiance au certificat présenté pour {host}. Émetteur : {issuer}.</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>Sur un réseau d’entreprise, un proxy inspecte peut-être les connexions sécurisées. Demandez à votre administrateur d’ajouter cette autorité à cet ordinateur, ou indiquez son certificat dans SSL_CERT_FILE.</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>Le certificat de {host} a expiré.</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>Si la date de cet ordinateur est correcte, contactez l’assistance : seul l’éditeur peut le renouveler.</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>D’après l’horloge de cet ordinateur, le certificat de {host} n’est pas encore valide.</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>Réglez la date et l’heure de cet ordinateur, puis réessayez.</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>Le serveur qui a répondu pour {host} a un certificat pour une autre adresse.</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Ce réseau demande peut-être de s’identifier d’abord : ouvrez un navigateur. Si cela ne suffit pas, contactez l’assistance.</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>Impossible de lire les certificats de confiance dans {file}.</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>SSL_CERT_FILE ou SSL_CERT_DIR indique cet emplacement. Corrigez ce réglage ou supprimez-le.</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>{file} ne contient aucun certificat valide.</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>SSL_CERT_FILE indique ce fichier. Remplacez-le par un fichier PEM de certificats, ou supprimez ce réglage.</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>Impossible de se connecter par le proxy.</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>Vérifiez l’adresse du proxy dans les paramètres ou dans HTTPS_PROXY.</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>Le proxy {proxy} est introuvable.</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>Vérifiez son nom dans les paramètres ou dans HTTPS_PROXY, et votre connexion au réseau de l’entreprise.</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>Le proxy exige un nom d’utilisateur et un mot de passe.</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>Ajoutez-les à l’adresse du proxy, par exemple http://nom:motdepasse@proxy:3128.</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>Cette adresse est celle d’un fichier de configuration automatique du proxy (PAC), qui n’est pas pris en charge.</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>Indiquez le proxy lui-même, par exemple http://proxy:3128. Votre administrateur connaît son adresse.</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>Le nom d’utilisateur ou le mot de passe du proxy contient des caractères qui doivent être codés.</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>Écrivez / sous la forme %2F, ? sous la forme %3F, # sous la forme %23 et @ sous la forme %40.</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>L’adresse du proxy n’est pas valide.</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>Indiquez une adresse telle que http://proxy:3128.</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>La réponse ne vient pas du service de facturation.</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>Ouvrez un navigateur : ce réseau vous demande peut-être d’abord de vous connecter.</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>Le service de facturation rencontre un problème.</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>Réessayez plus tard.</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>Le service de facturation rencontre un problème.</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>Réessayez plus tard.</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>Le service de paiement n’a pas répondu.</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Réessayez dans quelques minutes.</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>Le service de facturation n’est pas prêt.</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Réessayez dans quelques minutes.</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>La réponse du service de facturation n’est pas signée ; elle ne compte donc pas.</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Réessayez plus tard ou contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>Une partie de ce programme ne fonctionne pas.</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>Réinstallez le programme.</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>Lecture impossible : c’est endommagé, ou c’est autre chose.</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>Récupérez-le à nouveau là d’où il vient.</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>C’est trop volumineux.</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>Le fichier {file} n’existe pas.</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>Le diagnostic n’a pas été remis : il reste un secret dans {file}.</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>Signalez-le à l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>Ce n’est pas un fichier de licence : il est trop volumineux.</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>Ce fichier ne peut pas être lu.</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>C’est un document d’un autre type.</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>Choisissez le fichier de licence que vous avez reçu.</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>La signature ne correspond pas : le document est endommagé ou a été modifié.</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>Récupérez-le à nouveau là d’où il vient.</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>Ce document a été signé par une entité que ce programme ne connaît pas.</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>Vérifiez qu’il est destiné à ce programme, ou contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>Ce document est signé d’une manière qui ne compte pas ici.</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>Ce document demande quelque chose qui n’est jamais fait.</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>Ce document prend fin avant de commencer.</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>Ce document prétend durer plus longtemps qu’il ne le peut.</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>C’est la réponse à une autre demande.</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>Réessayez.</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>Il y a déjà ici un document plus récent.</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>Choisissez le fichier de licence le plus récent.</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>Ce document a été émis dans le futur.</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>Si la date de cet ordinateur est correcte, contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>Cette liste de clés de signature contient une clé racine ; elle n’est donc pas acceptée.</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>Une autre liste de clés de signature portant cette version a déjà été acceptée.</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>La liste des clés de signature est absente de cet appareil.</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>Actualisez l’activation.</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>Ce document est destiné à un autre produit.</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>Choisissez le fichier de licence de ce programme.</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>Ce document est destiné à un autre appareil.</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>Créez un fichier de demande sur cet appareil et obtenez avec lui un fichier de licence.</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>Ces fichiers ont été copiés ici depuis un autre emplacement.</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>Activez cet appareil.</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>Le groupe {group} du code d’activation n’est pas correct.</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>Comparez-le avec le code affiché.</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>Le code d’activation n’est pas complet.</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>Saisissez tous ses groupes.</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>Ce programme ne connaît pas ce type de code d’activation.</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>Recherchez une version plus récente de ce programme.</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>Ce code d’activation n’est pas destiné à cet ordinateur, ou il répond à une demande antérieure.</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>Scannez l’image que cet ordinateur affiche maintenant et utilisez le code d’activation obtenu.</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>Un code d’activation répond à une demande, et cet ordinateur n’en a fait aucune.</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>Affichez d’abord la demande de cet ordinateur et utilisez le code d’activation obtenu.</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>Cette licence n’a pas de code d’activation.</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>Utilisez le fichier de licence.</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>Personne n’est connecté au service de facturation.</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>Connectez-vous d’abord.</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>Vous n’êtes plus connecté au service de facturation.</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>Reconnectez-vous. Ce que vous avez payé continue de fonctionner.</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>Personne ne s’est connecté : la demande a été refusée dans le navigateur.</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>Reconnectez-vous si ce n’était pas voulu.</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>Personne ne s’est connecté dans les dix minutes.</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>Reconnectez-vous.</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>La connexion a échoué.</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>Réessayez.</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>Ce programme n’a pas d’endroit où se connecter.</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Demandez un nouveau profil à l’éditeur.</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>Vous n’avez pas besoin de vous connecter pour utiliser ce programme.</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>Payez ou restaurez votre achat pour activer cet appareil.</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>Ce service de facturation ne permet pas de choisir le nombre de sièges.</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>Retirez --seats.</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>Ce service de facturation n’a pas de modules à choisir.</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>Retirez --modules.</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>Ce service de facturation ne permet pas de choisir la fréquence de paiement.</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>Retirez --period.</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>Ce service de facturation n’affiche pas ses factures ici.</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>Demandez-les à l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>Ce service de facturation n’a pas de page pour gérer la facturation.</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>Contactez l’assistance de l’éditeur.</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>Ce service de facturation n’envoie pas de liens par e-mail.</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>Connectez-vous au compte qui a payé et utilisez cet appareil avec lui.</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>Cet appareil n’est pas activé.</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>Activez-le d’abord.</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>Le trousseau de clés du système est verrouillé.</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Déverrouillez-le ou choisissez de garder les clés dans un fichier (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>Il n’y a pas de trousseau de clés sur ce système.</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Configurez-en un ou choisissez de garder les clés dans un fichier (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>Le trousseau de clés du système ne fonctionne pas.</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Réparez-le ou choisissez de garder les clés dans un fichier (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>Le trousseau de clés du système n’a pas répondu à temps.</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>Voyez s’il demande son mot de passe dans une autre fenêtre.</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>La clé de cet appareil n’est plus dans le trousseau de clés.</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Utilisez « J’ai déjà payé » pour reconnecter cet appareil.</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>Les identifiants enregistrés ne peuvent pas être ouverts.</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Utilisez « J’ai déjà payé » pour reconnecter cet appareil.</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>{file} n’a pas pu être enregistré : {why}.</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Libérez de l’espace sur le disque ou vérifiez qui peut écrire dans le dossier.</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>La modification n’a pas pu être enregistrée sur cet appareil.</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>Libérez de l’espace sur le disque, puis réessayez.</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>{file} n’a pas pu être lu : {why}.</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>Vérifiez qui peut le lire.</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>Le service d’arrière-plan n’a pas pu ouvrir son point d’accès : {why}.</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>Vérifiez à qui appartient le dossier et qui peut y écrire.</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>C’est inutilisable.</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>Ce n’est pas une clé publique Ed25519.</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>Ce n’est pas un jeu de clés publiques Ed25519.</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>Le profil est inutilisable : {why}.</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Demandez un nouveau profil à l’éditeur.</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>Aucun profil n’a été trouvé ; on ne sait donc pas de quel produit il s’agit.</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>Indiquez le fichier fourni avec le programme : --profile FILE ou KEYSTEAD_PROFILE=FILE.</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>Le profil {file} n’a pas pu être lu : {why}.</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>Vérifiez le chemin indiqué par --profile ou KEYSTEAD_PROFILE.</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>Le fichier {file} n’est pas un profil.</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>Demandez-en un nouveau à l’éditeur.</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>Les paramètres de {file} ne peuvent pas être lus.</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>Corrigez le fichier ou supprimez-le.</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>Le paramètre « {setting} » ne peut pas prendre cette valeur.</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>Le service d’arrière-plan ne fonctionne pas encore sur ce système.</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>Une répétition a besoin d’un backend sur cet ordinateur, comme keystead-stub.</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>Un service d’arrière-plan est déjà actif pour ce dossier.</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>Arrêtez-le d’abord.</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>Le service d’arrière-plan ne répond pas.</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>Réessayez : il est démarré s’il n’est pas actif.</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>Un programme d’un autre utilisateur répond à la place du service d’arrière-plan. Rien ne lui a été envoyé.</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>Demandez à l’administrateur de cet ordinateur pourquoi {folder} est utilisé.</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>D’autres utilisateurs peuvent modifier {folder} : ce n’est pas sûr pour le service d’arrière-plan.</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>Faites en sorte que vous seul puissiez y écrire, ou adressez-vous à votre administrateur.</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>Le service d’arrière-plan s’est arrêté pendant l’attente.</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>Rien n’est perdu ; pour voir l’état : {command} status</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>Le service en arrière-plan utilise d’autres réglages de {product} que ce programme.</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>Mettez à jour tous les programmes de {product}. Fermez ensuite la session de cet ordinateur, puis rouvrez-la.</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>Le service d’arrière-plan n’est pas installé.</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>Installez-le : pip install "keystead[daemon]"</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>Le service d’arrière-plan n’a pas pu être démarré : {why}.</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Exécutez `{command} doctor` pour savoir pourquoi.</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>Le service d’arrière-plan a été démarré, mais n’a pas répondu à temps ({seconds} s).</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Exécutez `{command} doctor` pour savoir pourquoi.</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>Le service d’arrière-plan est en train de s’arrêter.</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>Réessayez.</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>Le service d’arrière-plan a refusé.</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>La réponse du service d’arrière-plan ne peut pas être lue.</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Arrêtez-le ; la bonne version démarre automatiquement.</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>Le service d’arrière-plan n’a pas pu lire cette demande.</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>Le service d’arrière-plan ne connaît pas cette demande sous cette forme.</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Arrêtez-le ; la bonne version démarre automatiquement.</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>Le service d’arrière-plan ne connaît pas cette demande.</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Arrêtez-le ; la bonne version démarre automatiquement.</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>Le service d’arrière-plan ne connaît pas cette vérification.</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Arrêtez-le ; la bonne version démarre automatiquement.</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>Un problème est survenu.</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>note :</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>Adresse e-mail utilisée pour le paiement :</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>Pour voir l’état : {command} status</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>Cet appareil le détecte automatiquement. Pour voir l’état : {command} status</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>En attente du paiement… {elapsed}   (Ctrl-C : ne plus attendre)</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>En attente de l’ouverture du lien… {elapsed}   (Ctrl-C : ne plus attendre)</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>En attente de la connexion… {elapsed}   (Ctrl-C : ne plus attendre)</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>Interrogation du service de facturation…</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>Payez ici, sur n’importe quel appareil :</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>Payez sur la page dont l’éditeur vous a donné le lien.</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>Continuez dans le navigateur :</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>Ouvrez ce lien dans un navigateur :</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>La page de paiement reste ouverte ; cet appareil détecte automatiquement le paiement.</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>La formule n’existe pas ou l’adresse e-mail n’est pas valide.</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>Pour voir les formules : {command} plans</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>Ouvert dans le navigateur :</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>Gérez la facturation ici :</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>Si un paiement a été fait avec cette adresse, un lien lui est envoyé. Suivez-le sur n’importe quel appareil.</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>Cet appareil détecte automatiquement l’ouverture du lien.</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>Ce n’est pas une adresse e-mail.</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>Connectez-vous ici, dans un navigateur de cet ordinateur :</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>Connectez-vous dans le navigateur :</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>Ouvrez ce lien dans un navigateur de cet ordinateur et connectez-vous :</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>Continuez ensuite avec : {command} activate</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>La page de connexion reste ouverte quelques minutes.</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>Plus personne n’est connecté sur cet appareil.</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>Libérer la place de cet appareil ? Le programme n’y fonctionnera plus. [o/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>o oui</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>Rien n’a été modifié.</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>APPAREIL</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>ID</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>ACTIVÉ</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>DERNIÈRE ACTIVITÉ</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>jamais</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name} (cet appareil)</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>{name} a été retiré.</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>{number} appareil sur {limit} est utilisé.</numerusform>
                <numerusform>{number} appareils sur {limit} sont utilisés.</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>L’identifiant de plusieurs appareils commence ainsi.</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>Aucun appareil n’a cet identifiant.</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>Pour voir les appareils : {command} devices</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>FORMULE</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>NOM</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>PRIX</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>PÉRIODE</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>SIÈGES</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>MODULES</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>FONCTIONS</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>{price} par siège</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>{price} par module</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>{least} à {most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>par mois</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>par an</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>en une fois</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>à l’usage</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>FACTURE</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>DATE</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>MONTANT</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>ÉTAT</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>PAYER SUR</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>Rien n’a encore été facturé.</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>en préparation</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>à payer</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>en retard</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>payée</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>remboursée</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>contestée</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>impayée</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>annulée</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>Il n’y a rien à payer.</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>Aucune facture ne porte ce numéro.</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>Affichez les factures avec : {command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>La page de la facture reste ouverte ; payez-la quand vous voulez.</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name} : {state}.</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>Écrit : {name}</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>Ouvrez cette adresse sur un téléphone ou un autre ordinateur, ou scannez l’image :</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>Remettez ce fichier sur la page de facturation ; le fichier obtenu s’importe avec : {command} import FILE</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>Ce n’est pas un fichier de licence.</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>Ce n’est pas un nom de fichier.</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>Enregistré : {name}</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>Il ne contient ni jeton, ni clé, ni adresse e-mail ; regardez-le avant de l’envoyer.</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>Ouvrir {product}</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>Quitter</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>{product} reste dans la zone de notification</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>Vous y êtes averti quand il y a quelque chose à faire. Pour fermer le programme, choisissez « Quitter » dans le menu de son icône.</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>Ce bureau n’a pas de zone de notification.</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>Réduisez la fenêtre pour que le programme reste actif ; la fermer met fin au programme.</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>{product} : le renouvellement n’est pas encore confirmé</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>{product} : un paiement a échoué</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>{product} : il reste moins d’un jour</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>{product} : il reste moins d’une heure</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>{product} : l’activation a expiré</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>{product} : cet appareil a été retiré</translation>
        </message>
        <message id="window.title">
            <source>{product}</source>
            <translation>{product}</translation>
        </message>
        <message id="window.unnamed">
            <source>Keystead</source>
            <translation>Keystead</translation>
        </message>
        <message id="connecting">
            <source>Looking at your activation…</source>
            <translation>Consultation de votre activation…</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>Le service d’arrière-plan n’est pas actif.</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>Il s’occupe de votre activation : il la renouvelle et en informe cette fenêtre. Ce que vous avez payé n’est pas perdu.</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>Démarrage…</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>Réessayer</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>Auparavant : {headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>Le service d’arrière-plan ne répond pas. La connexion est recherchée ; ce que vous voyez n’est peut-être plus à jour.</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>Ce programme n’est pas configuré.</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>Choisir une formule</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>Vous payez dans votre navigateur. À votre retour, cet appareil sera déjà activé.</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>Chargement des formules…</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>Aucune formule n’est en vente pour le moment.</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>Recharger les formules</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>Paiement</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>Mensuel</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>Annuel</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>En une fois</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>Sièges</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>Un siège de moins</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>Un siège de plus</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{price} {per}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>{price} par siège {per}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>par mois</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>par an</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>en une fois</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>par période</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>Au total {price} {per}, avant taxes et remises.</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>{name}, {price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>Comprend {features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>Modules</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>{price} par module {per}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>Sans engagement</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>par mois</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>Se connecter</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>Connectez-vous d’abord</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>Le service de facturation veut savoir qui achète. Connectez-vous dans le navigateur, puis continuez ici.</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>En attente de votre connexion dans le navigateur…</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>Se déconnecter</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>Activation de cet appareil…</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>Service de facturation</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>Retour</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>Ouverture de votre navigateur…</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>Temps d’attente : {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>En attente</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>La page reste ouverte jusqu’au {until}.</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>Ou payez avec un téléphone : visez ceci avec son appareil photo.</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>Code QR avec l’adresse de la page</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>J’ai déjà payé</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>Indiquez l’adresse e‑mail avec laquelle vous avez payé. Vous recevrez un e‑mail avec un lien ; suivez-le sur n’importe quel appareil, et celui-ci sera activé.</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>Adresse e‑mail</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>Envoyer le lien</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>Demande de l’e‑mail…</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>Ce n’est pas une adresse e‑mail.</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>Vos appareils</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>{count} sur {limit} en service. Le programme cesse de fonctionner sur un appareil retiré.</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>Chargement de vos appareils…</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>Cet appareil</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>Un appareil sans nom</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>Dernière activité : {when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>Aucune activité pour l’instant</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>Retirer</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>Retirer {name}</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>Retirer {name} ?</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>Le programme cessera d’y fonctionner, et sa place se libère pour un autre appareil.</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>Retirer l’appareil</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>Le garder</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>Retrait…</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>Rubriques</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>Vue d’ensemble</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>Appareils</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>Facturation</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>Diagnostic</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>Paramètres</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>Maintenant</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>Payé : {span}</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>Délai de grâce : {span}</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label} : {when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>Factures</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>Chargement de vos factures…</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>Il n’y a pas encore de facture.</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>Recharger les factures</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>Changer de carte</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>Toutes les factures et tous les reçus</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>Résilier l’abonnement</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>Facture</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>{name}, {when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>Payer</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>Payer {name}</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>Payée</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>Remboursée</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>Contestée</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>À payer</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>En retard</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>En préparation</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>Annulée</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>Impayée</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>Inconnue</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>Vérification des points un à un…</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>La vérification a été arrêtée avant la fin.</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>Vérifier de nouveau</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>Arrêter</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>En attente</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>Vérification</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>En ordre</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>À vérifier</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>Non vérifié</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>Enregistrer pour l’assistance</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>Enregistrer le diagnostic</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>Archives zip (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>Enregistrement du diagnostic…</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>Enregistré sous {name}. Il ne contient ni jeton, ni clé, ni adresse e‑mail.</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>Langue</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>Apparence</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>En arrière-plan</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>Ouvrir à la connexion</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>Le programme est là dès le début, sans que sa fenêtre gêne.</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>Notifications</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>Chaque point qui demande votre attention est signalé une fois. Un renouvellement réussi ne l’est jamais.</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>Proxy</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>Comme le système</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>Comme le système</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>Claire</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>Sombre</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>Comme le système</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>Aucun</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>Manuel</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>Adresse du proxy</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>Utiliser ce proxy</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>Ce n’est pas une adresse de proxy. Exemple : http://proxy:3128.</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>Vérification auprès du service de facturation…</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>Ouverture de « Gérer la facturation »…</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>Lecture du fichier de licence…</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>Importer un fichier de licence</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>Fichiers de licence (*.jws *.lic *.txt);;Tous les fichiers (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>Le fichier de licence a été importé.</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>Préparation du diagnostic…</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>Le diagnostic est dans le presse-papiers. Il ne contient aucun secret.</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>Le lien est dans le presse-papiers.</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>Votre navigateur n’a pas pu être ouvert. Ouvrez vous-même cette adresse :</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>Le service de facturation a indiqué une adresse qui n’est pas une page web. Elle n’a pas été ouverte.</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>Détails</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>Fermer</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>Tout va bien</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>En attente</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>Demande votre attention</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>Inutilisable</translation>
        </message>
    </context>
</TS>
