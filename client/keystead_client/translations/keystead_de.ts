<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>Sie sind angemeldet.</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>Sie sind als {subject} angemeldet.</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>Sie sind als {subject} angemeldet, für {account}.</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>Auf diesem Gerät ist niemand angemeldet.</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>Karte</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>{brand}, endet auf {last4}</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>Sie sind angemeldet.</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>Sie sind nicht angemeldet.</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>Sie können diese Seite schließen und dorthin zurückkehren, woher Sie kamen.</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date} um {time} Uhr</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>{number} Tag</numerusform>
                <numerusform>{number} Tage</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>{number} Stunde</numerusform>
                <numerusform>{number} Stunden</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>{number} Minute</numerusform>
                <numerusform>{number} Minuten</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger} und {smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>weniger als eine Minute</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>gerade eben</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>vor {span}</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>Dieses Gerät ist noch nicht aktiviert.</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>Warten auf die Bestätigung Ihrer Zahlung.</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>Dieses Gerät wird für Ihr Konto aktiviert.</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>Warten auf die Bestätigung über den Link in Ihrer E‑Mail.</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>Warten auf die Bestätigung Ihrer Zahlung. Sie können bis zum {until} arbeiten.</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>Aktiv. Alles funktioniert.</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>Aktiv. Ihre Testphase läuft bis zum {period}.</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>Aktiv. Muss bis zum {until} erneut geprüft werden.</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>Aktiv bis zum {period}. Danach endet Ihr Abonnement, wie von Ihnen gewünscht.</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>Ihre letzte Zahlung ist fehlgeschlagen. Sie können bis zum {until} weiterarbeiten.</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>Die Verlängerung vom {period} ist noch nicht bestätigt. Sie können bis zum {until} weiterarbeiten.</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>Ihr Abonnement braucht Ihre Aufmerksamkeit. Sie können bis zum {until} weiterarbeiten.</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>Diese Aktivierung ist am {ended} abgelaufen.</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>Diese Aktivierung ist abgelaufen.</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>Diese Aktivierung ist am {ended} abgelaufen, weil sie nicht geprüft werden konnte.</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>Diese Aktivierung endete am {ended}, weil Ihre letzte Zahlung fehlgeschlagen ist.</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>Ihr Abonnement ist am {ended} wie gewünscht ausgelaufen.</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>Ihr Abonnement wurde gekündigt.</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>Ihr Kauf wurde rückgängig gemacht.</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>Ihr Abonnement wurde beendet, weil es nicht bezahlt wurde.</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>Ihr Abonnement wurde beendet, weil die letzte Zahlung fehlgeschlagen ist.</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>Ihre Zahlung wurde erstattet. Damit endete diese Aktivierung.</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>Ihre Zahlung wurde über Ihre Bank zurückgebucht. Damit endete diese Aktivierung.</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>Ihr Abonnement ist pausiert.</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>Ihre erste Zahlung ist noch nicht abgeschlossen.</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>Ihre erste Zahlung wurde nicht rechtzeitig abgeschlossen.</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>Für dieses Gerät wurde noch nichts bezahlt.</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>Es wird auf die Bestätigung der Zahlung durch Ihre Bank gewartet.</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>Ihr Kauf gilt für ein anderes Produkt.</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>Dieses Gerät wurde aus Ihrem Konto entfernt.</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Ihr Abonnement wird schon auf so vielen Geräten genutzt, wie es erlaubt.</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>Für dieses Gerät gibt es zurzeit kein Abonnement.</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>Diese Aktivierung gehört zu einem anderen Gerät.</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>Diese Dateien wurden von einem anderen Ort hierher kopiert.</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>Diese Aktivierung wurde von einer Stelle signiert, die dieses Programm nicht kennt.</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>Diese Aktivierung gilt für ein anderes Produkt.</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>Die gespeicherte Aktivierung ist beschädigt oder wurde verändert.</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>Es bleibt weniger als ein Tag: {span}.</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>Es bleibt weniger als eine Stunde: {span}.</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>Wählen Sie einen Tarif und fahren Sie im Browser fort. Wenn Sie schon bezahlt haben, stellen Sie Ihren Kauf wieder her oder importieren Sie eine Lizenzdatei.</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>Schließen Sie die Zahlung im Browser ab. Die Bestätigung wird hier automatisch erkannt.</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>Öffnen Sie die E‑Mail auf einem beliebigen Gerät, folgen Sie dem Link und bestätigen Sie.</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>Sie müssen nichts tun. Das dauert höchstens einige Minuten.</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>Wenn Sie das Abonnement behalten möchten, öffnen Sie „Abrechnung verwalten“ und setzen Sie es fort.</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>Bezahlen Sie bis dahin die offene Rechnung, oder ändern Sie Ihre Karte unter „Abrechnung verwalten“.</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>Stellen Sie vorher einmal eine Internetverbindung her. Alles Weitere geschieht von selbst.</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>Stellen Sie eine Internetverbindung her. Danach wird dieses Gerät automatisch aktiviert.</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>Öffnen Sie „Abrechnung verwalten“. Dort sehen Sie, was zu tun ist.</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>Wenn eine Rechnung offen ist, bezahlen Sie sie. Wenn Sie schon bezahlt haben, stellen Sie Ihren Kauf wieder her.</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>Das kann mehrere Tage dauern. Dieses Gerät wird automatisch aktiviert.</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>Stellen Sie einmal eine Internetverbindung her. Wenn das Abonnement abgelaufen ist, verlängern Sie es.</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>Schließen Sie wieder ein Abonnement ab, um weiterzuarbeiten.</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>Kaufen Sie es erneut, um weiterzuarbeiten.</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>Bezahlen Sie die offene Rechnung. Danach wird dieses Gerät automatisch aktiviert.</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>Öffnen Sie „Abrechnung verwalten“ und setzen Sie das Abonnement fort.</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>Öffnen Sie „Abrechnung verwalten“ und schließen Sie die Zahlung ab.</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>Stellen Sie Ihren Kauf wieder her, um es hier erneut zu verwenden.</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>Entfernen Sie ein Gerät, das Sie nicht mehr nutzen, und aktualisieren Sie dann.</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>Aktualisieren Sie die Aktivierung. Wenn das nicht hilft, senden Sie die Diagnose an {support}.</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>den Support des Anbieters</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>Tarif</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>{plan}, {number} Platz</numerusform>
                <numerusform>{plan}, {number} Plätze</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>Nächste Verlängerung</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>Bezahlt</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>Einmalig, ohne Verlängerung</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>Erneut zu prüfen bis</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>Endet</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>Bezahlt bis</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>Offline nutzbar bis</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>Nutzbar bis</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>War nutzbar bis</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>Letzte Prüfung</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>Nächste Prüfung</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>Die Uhr dieses Computers geht nach. Stellen Sie sie richtig; alles andere bleibt davon unberührt.</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>Das Datum des Abrechnungsdienstes weicht um mehr als einen Tag von dem dieses Computers ab. Sie müssen nichts ändern: Die Lizenz wird automatisch erneut geprüft.</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>Der Schlüsselbund des Systems ist gesperrt oder fehlt. Deshalb kann die Aktivierung nicht verlängert werden. Entsperren Sie ihn, oder bewahren Sie die Schlüssel in einer Datei auf.</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>Die gespeicherten Zugangsdaten lassen sich nicht öffnen. Aktualisieren Sie die Aktivierung, oder aktivieren Sie dieses Gerät erneut.</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>Der Abrechnungsdienst ist nicht erreichbar. Es wird automatisch erneut versucht.</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>Die Aktivierung konnte nicht gespeichert werden. Schaffen Sie Platz auf dem Datenträger, oder prüfen Sie, wer in den Ordner schreiben darf.</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>Eine Zahlung ist fehlgeschlagen. Öffnen Sie „Abrechnung verwalten“, um das zu klären.</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>Das Abonnement wird nicht verlängert.</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>Alle Geräte dieses Abonnements sind belegt. Entfernen Sie eines, das Sie nicht mehr brauchen.</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>Die letzte Antwort des Abrechnungsdienstes wurde nicht angenommen, weil ihre Signatur oder ihr Inhalt nicht stimmt. Was vorher gültig war, bleibt gültig. Wenn das so bleibt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>Die letzte Aktualisierung wurde abgelehnt. {reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>Die Liste der Signaturschlüssel des Abrechnungsdienstes wurde nicht angenommen. Was vorher gültig war, bleibt gültig. Wenn das so bleibt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>Die Liste der Signaturschlüssel des Anbieters ist abgelaufen. Ihre Lizenz funktioniert weiterhin. Wenn das so bleibt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>Im Browser fortfahren</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>Ich habe schon bezahlt</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>Dieses Gerät verwenden</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>Lizenzdatei importieren</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>Offline aktivieren</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>Browser erneut öffnen</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>Link kopieren</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>Abbrechen</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>Aktivierung aktualisieren</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>Rechnung bezahlen</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>Abrechnung verwalten</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>Geräte verwalten</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>Diagnose kopieren</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>Alles ist in Ordnung.</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>Etwas braucht Ihre Aufmerksamkeit.</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>Nicht geprüft, weil zuerst etwas anderes funktionieren muss.</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>Keine Antwort in der vorgesehenen Zeit ({seconds} s).</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>Prüfen Sie später noch einmal. Hängt es wieder, starten Sie diesen Computer neu.</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>Die Meldung lautet „{code}“.</translation>
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
            <translation>Dateien</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>In {folder}, nur für Sie zugänglich.</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>Andere haben Zugriff auf: {files}.</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>Sorgen Sie dafür, dass nur Sie auf {folder} und den Inhalt zugreifen können (chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>Diese gehören jemand anderem: {files}.</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>Sorgen Sie dafür, dass {folder} und der Inhalt nur Ihnen gehören (chown, chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>Diese lassen sich nicht beschreiben: {files}.</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>Sorgen Sie dafür, dass Sie in {folder} und den Inhalt schreiben dürfen (chmod -R u+rw).</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>Diese lassen sich nicht ansehen: {files}.</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>Prüfen Sie, wer auf {folder} zugreifen darf.</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>Hintergrunddienst</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>Version {version} antwortet (Prozess {pid}).</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>Dort läuft Version {theirs}, dies ist Version {ours}.</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Beenden Sie ihn. Die richtige Version wird von selbst gestartet.</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>Schlüsselbund</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>Die Schlüssel sind verfügbar.</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>Der Schlüsselbund wird gerade abgefragt.</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>Speicher</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>Die Dateien lassen sich lesen und schreiben.</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>Das letzte Speichern ist fehlgeschlagen.</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Schaffen Sie Platz auf dem Datenträger, oder prüfen Sie, wer in den Ordner schreiben darf.</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>Uhr</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>Die Uhr dieses Computers ist plausibel.</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>Die Uhr dieses Computers geht gegenüber der bekannten Zeit nach.</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>Stellen Sie Datum und Uhrzeit dieses Computers ein.</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>Lizenz</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>Die Lizenz gilt.</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>Die Lizenz gilt noch eine Weile: Die Verlängerung ist nicht bestätigt.</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>Die Zahlung ist noch nicht bestätigt.</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>Schließen Sie im Browser ab, oder warten Sie einige Minuten.</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>Es gibt noch keine Lizenz.</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>Aktivieren Sie dieses Gerät.</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>Die Lizenz ist abgelaufen.</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>Stellen Sie eine Internetverbindung her und aktualisieren Sie die Aktivierung.</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>Zurzeit gibt es dafür kein Abonnement.</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>In der Übersicht sehen Sie den Grund; oder aktualisieren Sie die Aktivierung.</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>Die Lizenz ist beschädigt, verändert oder nicht für dieses Gerät.</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>Aktualisieren Sie die Aktivierung, oder aktivieren Sie dieses Gerät erneut.</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>Letzte Aktualisierung</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>Die letzte Antwort des Abrechnungsdienstes wurde angenommen.</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>Der Abrechnungsdienst wurde noch nicht gefragt.</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>Der Abrechnungsdienst war nicht erreichbar. Es wird automatisch erneut versucht.</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>Die letzte Antwort des Abrechnungsdienstes wurde nicht angenommen ({code}). Was vorher gültig war, bleibt gültig.</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>Aktualisieren Sie die Aktivierung. Wenn das so bleibt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>Die letzte Antwort des Abrechnungsdienstes war mit einem Schlüssel signiert, den dieses Programm nicht kennt. Was vorher gültig war, bleibt gültig.</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>Aktualisieren Sie die Aktivierung. Wenn das so bleibt, wenden Sie sich an den Support: Der Anbieter hat möglicherweise seine Schlüssel gewechselt.</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>Signaturschlüssel</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>Die Liste der Signaturschlüssel des Anbieters ist gültig (Version {version}).</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>Es gelten die Schlüssel, die mit diesem Programm kommen.</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>Die Liste der Signaturschlüssel des Anbieters ist abgelaufen (Version {version}). Ihre Lizenz funktioniert weiterhin.</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>Wenden Sie sich an den Support: Der Anbieter muss eine neue Liste veröffentlichen.</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>Die Liste der Signaturschlüssel des Abrechnungsdienstes wurde nicht angenommen ({code}). Was vorher gültig war, bleibt gültig.</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>Versuchen Sie es später erneut. Wenn das so bleibt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>Browser</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>Links öffnen sich im Browser.</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>Hier gibt es keinen Bildschirm: Links werden stattdessen ausgegeben.</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>Abrechnungsdienst</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>{host} antwortet.</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>{host} antwortet, hat aber eine Störung.</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>Versuchen Sie es später noch einmal.</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>Sichere Verbindung</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>Das Zertifikat des Servers ist gültig.</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>Der Server läuft auf diesem Computer; dort ist keine nötig.</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>Uhrzeit des Dienstes</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>Sie stimmt mit der Uhrzeit hier überein.</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>Sie weicht um {minutes} min von der Uhrzeit hier ab.</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>Aktualisieren Sie die Aktivierung.</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>Sie sind zurück</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>{product} zeigt im eigenen Fenster, was sich geändert hat. Sie können diesen Tab schließen.</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>Hier ist nichts.</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>Dieser Computer ist nie online</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>Scannen Sie dies mit einem Smartphone und folgen Sie dort den Schritten. Am Ende zeigt das Smartphone einen Aktivierungscode, den Sie hier eingeben.</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>QR-Code mit der Anfrage dieses Computers</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>Die Anfrage wird erstellt …</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>Anfrage erneut erstellen</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>Anfrage als Datei speichern</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>Textdateien (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>Gespeichert als {name}. Bringen Sie die Datei auf einem Computer mit Netzwerk zu {page}; dort erhalten Sie eine Lizenzdatei oder einen Aktivierungscode.</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>Aktivierungscode</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>Aktivieren</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>Der Aktivierungscode wird geprüft …</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>Der Aktivierungscode wurde angenommen.</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>Groß- und Kleinschreibung, Leerzeichen und Striche spielen keine Rolle. Eine falsche Gruppe wird sofort angezeigt.</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>Eingegebene Gruppen: {done}. Bisher ist alles richtig.</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>Eingegebene Gruppen: {done} von {all}. Bisher ist alles richtig.</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>Gruppe {group} stimmt nicht: {text}. Vergleichen Sie sie mit dem angezeigten Code.</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>„{text}“ kommt in keinem Aktivierungscode vor.</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>Der Code hat nur {all} Gruppen. Sehen Sie nach, ob eine doppelt eingegeben wurde.</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>Der Code ist vollständig.</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>Das ist eine Lizenz. Sie kann so übernommen werden, wie sie ist.</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>Dafür ist bereits bezahlt.</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>Aktualisieren Sie die Aktivierung. Um das Abonnement zu ändern oder eine offene Rechnung zu bezahlen, verwenden Sie „Abrechnung verwalten“.</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Ihr Abonnement wird schon auf so vielen Geräten genutzt, wie es erlaubt.</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>Entfernen Sie ein Gerät, das Sie nicht mehr nutzen, und versuchen Sie es dann erneut.</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>In den letzten 30 Tagen wurden Geräte zu oft getauscht.</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>Versuchen Sie es in einigen Tagen erneut, oder fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>Zurzeit kann nichts gekauft werden.</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Versuchen Sie es später erneut, oder fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>Der Abrechnungsdienst akzeptiert dieses Gerät nicht mehr.</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>Stellen Sie Ihren Kauf wieder her, um dieses Gerät erneut zu verbinden.</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>Der Abrechnungsdienst kennt dieses Gerät nicht.</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>Wenn Sie schon bezahlt haben, stellen Sie Ihren Kauf wieder her. Andernfalls wählen Sie einen Tarif.</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>Das wurde in kurzer Zeit zu oft angefragt.</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>Versuchen Sie es in einer Minute erneut.</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>Das wird für ein anderes Produkt verkauft.</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>Wählen Sie einen Tarif dieses Programms. Wird auch er abgelehnt, wenden Sie sich an den Support.</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>Damit wurde noch nichts gekauft.</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>Wählen Sie einen Tarif und fahren Sie im Browser fort.</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>Der Abrechnungsdienst erlaubt das nicht.</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>Ihr Konto kann noch nicht verkaufen: Es ist nicht mit Stripe verbunden.</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>Verbinden Sie es dort, wo Sie Ihr Konto verwalten.</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>Beim Abrechnungsdienst gibt es das nicht oder nicht mehr.</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>Das widerspricht dem, was der Abrechnungsdienst weiß.</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>Aktualisieren Sie die Aktivierung, und versuchen Sie es dann erneut.</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>Der Abrechnungsdienst hat das abgelehnt.</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Versuchen Sie es später erneut, oder fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>Diese Anfrage wurde nicht verstanden.</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>Der Abrechnungsdienst bietet das nicht an.</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>Der Abrechnungsdienst kann diesem Programm nicht antworten.</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>Der Abrechnungsdienst kann die Anfrage dieses Programms nicht lesen.</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>Der Abrechnungsdienst ist nicht erreichbar.</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>Prüfen Sie die Internetverbindung.</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>Der Abrechnungsdienst hat nicht rechtzeitig geantwortet.</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>Prüfen Sie die Internetverbindung, oder versuchen Sie es später erneut.</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>Es lässt sich keine sichere Verbindung zum Abrechnungsdienst herstellen.</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Möglicherweise verlangt dieses Netzwerk zuerst eine Anmeldung: Öffnen Sie einen Browser. Wenn das nicht hilft, wenden Sie sich an den Support.</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>Dieser Computer vertraut dem Zertifikat nicht, mit dem für {host} geantwortet wurde. Aussteller: {issuer}.</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>In einem Firmennetzwerk prüft möglicherweise ein Proxy sichere Verbindungen. Bitten Sie Ihren Administrator, diese Zertifizierungsstelle auf diesem Computer einzurichten, oder setzen Sie SSL_CERT_FILE auf ihr Zertifikat.</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>Das Zertifikat von {host} ist abgelaufen.</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>Wenn das Datum dieses Computers stimmt, wenden Sie sich an den Support: Nur der Anbieter kann das Zertifikat erneuern.</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>Nach der Uhr dieses Computers ist das Zertifikat von {host} noch nicht gültig.</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>Stellen Sie Datum und Uhrzeit dieses Computers richtig ein, und versuchen Sie es erneut.</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>Der Server, der für {host} geantwortet hat, hat ein Zertifikat für eine andere Adresse.</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Möglicherweise verlangt dieses Netzwerk zuerst eine Anmeldung: Öffnen Sie einen Browser. Wenn das nicht hilft, wenden Sie sich an den Support.</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>Die vertrauenswürdigen Zertifikate in {file} lassen sich nicht lesen.</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>SSL_CERT_FILE oder SSL_CERT_DIR nennt diesen Ort. Korrigieren oder entfernen Sie die Einstellung.</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>{file} enthält keine gültigen Zertifikate.</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>SSL_CERT_FILE nennt diese Datei. Ersetzen Sie sie durch eine PEM-Datei mit Zertifikaten, oder entfernen Sie die Einstellung.</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>Über den Proxy lässt sich keine Verbindung herstellen.</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>Prüfen Sie die Adresse des Proxys in den Einstellungen oder in HTTPS_PROXY.</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>Der Proxy {proxy} wurde nicht gefunden.</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>Prüfen Sie den Namen in den Einstellungen oder in HTTPS_PROXY und Ihre Verbindung zum Firmennetzwerk.</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>Der Proxy verlangt einen Benutzernamen und ein Kennwort.</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>Fügen Sie beides in die Adresse des Proxys ein, zum Beispiel http://name:kennwort@proxy:3128.</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>Diese Adresse gehört zu einer automatischen Proxykonfiguration (PAC). Diese wird nicht unterstützt.</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>Geben Sie den Proxy selbst an, zum Beispiel http://proxy:3128. Ihr Administrator kennt die Adresse.</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>Benutzername oder Kennwort des Proxys enthält Zeichen, die codiert werden müssen.</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>Schreiben Sie / als %2F, ? als %3F, # als %23 und @ als %40.</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>Die Adresse des Proxys ist ungültig.</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>Geben Sie eine Adresse wie http://proxy:3128 an.</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>Geantwortet hat jemand anderes, nicht der Abrechnungsdienst.</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>Öffnen Sie einen Browser: Vielleicht verlangt dieses Netzwerk zuerst eine Anmeldung.</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>Beim Abrechnungsdienst liegt eine Störung vor.</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>Versuchen Sie es später erneut.</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>Beim Abrechnungsdienst liegt eine Störung vor.</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>Versuchen Sie es später erneut.</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>Der Zahlungsdienst hat nicht geantwortet.</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Versuchen Sie es in einigen Minuten erneut.</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>Der Abrechnungsdienst ist nicht bereit.</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Versuchen Sie es in einigen Minuten erneut.</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>Die Antwort des Abrechnungsdienstes ist nicht signiert und gilt daher nicht.</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Versuchen Sie es später erneut, oder fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>Ein Teil dieses Programms funktioniert nicht.</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>Installieren Sie das Programm neu.</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>Das lässt sich nicht lesen: Es ist beschädigt oder etwas anderes.</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>Holen Sie es noch einmal von dort, woher Sie es haben.</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>Das ist zu groß.</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>Die Datei {file} gibt es nicht.</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>Die Diagnose wurde nicht herausgegeben: In {file} steht noch etwas Geheimes.</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>Teilen Sie dem Support des Anbieters mit, dass das passiert ist.</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>Das ist keine Lizenzdatei: Sie ist zu groß.</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>Diese Datei lässt sich nicht lesen.</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>Das ist ein Dokument anderer Art.</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>Wählen Sie die Lizenzdatei, die Sie bekommen haben.</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>Die Signatur passt nicht: Das Dokument ist beschädigt oder wurde verändert.</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>Holen Sie es noch einmal von dort, woher Sie es haben.</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>Dieses Dokument wurde von einer Stelle signiert, die dieses Programm nicht kennt.</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>Prüfen Sie, ob es für dieses Programm ist, oder fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>Dieses Dokument ist auf eine Weise signiert, die hier nicht gilt.</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>Dieses Dokument verlangt etwas, das grundsätzlich nicht getan wird.</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>Dieses Dokument endet, bevor es beginnt.</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>Dieses Dokument gibt an, länger zu gelten, als es darf.</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>Das ist die Antwort auf eine andere Anfrage.</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>Versuchen Sie es erneut.</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>Hier gibt es bereits ein neueres Dokument.</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>Wählen Sie die neueste Lizenzdatei.</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>Dieses Dokument wurde in der Zukunft ausgestellt.</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>Wenn das Datum dieses Computers stimmt, wenden Sie sich an den Support des Anbieters.</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>Diese Liste der Signaturschlüssel nennt einen Stammschlüssel und wird deshalb nicht angenommen.</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>Eine andere Liste der Signaturschlüssel mit dieser Version wurde bereits angenommen.</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>Die Liste der Signaturschlüssel fehlt auf diesem Gerät.</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>Aktualisieren Sie die Aktivierung.</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>Dieses Dokument ist für ein anderes Produkt.</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>Wählen Sie die Lizenzdatei dieses Programms.</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>Dieses Dokument ist für ein anderes Gerät.</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>Erstellen Sie auf diesem Gerät eine Anfragedatei, und holen Sie damit eine Lizenzdatei.</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>Diese Dateien wurden von einem anderen Ort hierher kopiert.</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>Aktivieren Sie dieses Gerät.</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>Gruppe {group} des Aktivierungscodes stimmt nicht.</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>Vergleichen Sie sie mit dem angezeigten Code.</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>Der Aktivierungscode ist nicht vollständig.</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>Geben Sie alle Gruppen ein.</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>Diese Art von Aktivierungscode kennt dieses Programm nicht.</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>Suchen Sie nach einer neueren Version dieses Programms.</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>Dieser Aktivierungscode ist nicht für diesen Computer oder gehört zu einer früheren Anfrage.</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>Scannen Sie das Bild, das dieser Computer jetzt zeigt, und nehmen Sie den Aktivierungscode von dort.</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>Ein Aktivierungscode beantwortet eine Anfrage, und dieser Computer hat keine gestellt.</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>Lassen Sie diesen Computer zuerst seine Anfrage zeigen, und nehmen Sie den Aktivierungscode von dort.</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>Diese Lizenz hat keinen Aktivierungscode.</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>Verwenden Sie die Lizenzdatei.</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>Beim Abrechnungsdienst ist niemand angemeldet.</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>Melden Sie sich zuerst an.</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>Sie sind beim Abrechnungsdienst nicht mehr angemeldet.</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>Melden Sie sich wieder an. Was Sie bezahlt haben, funktioniert weiter.</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>Niemand hat sich angemeldet: Im Browser wurde abgelehnt.</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>Melden Sie sich erneut an, falls das nicht beabsichtigt war.</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>Innerhalb von zehn Minuten hat sich niemand angemeldet.</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>Melden Sie sich erneut an.</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>Die Anmeldung ist fehlgeschlagen.</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>Versuchen Sie es erneut.</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>Für dieses Programm gibt es keine Stelle zum Anmelden.</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Bitten Sie den Anbieter um ein neues Profil.</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>Für dieses Programm müssen Sie sich nicht anmelden.</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>Bezahlen Sie oder stellen Sie Ihren Kauf wieder her, um dieses Gerät zu aktivieren.</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>Bei diesem Abrechnungsdienst lässt sich die Zahl der Plätze nicht wählen.</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>Lassen Sie --seats weg.</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>Bei diesem Abrechnungsdienst gibt es keine Module zur Auswahl.</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>Lassen Sie --modules weg.</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>Bei diesem Abrechnungsdienst lässt sich nicht wählen, wie oft gezahlt wird.</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>Lassen Sie --period weg.</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>Dieser Abrechnungsdienst zeigt seine Rechnungen hier nicht.</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>Fragen Sie den Support des Anbieters danach.</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>Dieser Abrechnungsdienst hat keine Seite, auf der die Abrechnung verwaltet wird.</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>Fragen Sie den Support des Anbieters.</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>Dieser Abrechnungsdienst verschickt keine Links per E-Mail.</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>Melden Sie sich bei dem Konto an, das bezahlt hat, und nutzen Sie dieses Gerät damit.</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>Dieses Gerät ist nicht aktiviert.</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>Aktivieren Sie es zuerst.</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>Der Schlüsselbund des Systems ist gesperrt.</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Entsperren Sie ihn, oder bewahren Sie die Schlüssel in einer Datei auf (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>Auf diesem System gibt es keinen Schlüsselbund.</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Richten Sie einen ein, oder bewahren Sie die Schlüssel in einer Datei auf (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>Der Schlüsselbund des Systems funktioniert nicht.</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Reparieren Sie ihn, oder bewahren Sie die Schlüssel in einer Datei auf (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>Der Schlüsselbund des Systems hat nicht rechtzeitig geantwortet.</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>Sehen Sie nach, ob er in einem anderen Fenster nach seinem Passwort fragt.</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>Der Schlüssel dieses Geräts ist nicht mehr im Schlüsselbund.</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Verbinden Sie dieses Gerät über „Ich habe schon bezahlt“ wieder.</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>Die gespeicherten Zugangsdaten lassen sich nicht öffnen.</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Verbinden Sie dieses Gerät über „Ich habe schon bezahlt“ wieder.</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>{file} konnte nicht gespeichert werden: {why}.</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Schaffen Sie Platz auf dem Datenträger, oder prüfen Sie, wer in den Ordner schreiben darf.</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>Die Änderung konnte auf diesem Gerät nicht gespeichert werden.</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>Schaffen Sie Platz auf dem Datenträger, und versuchen Sie es dann erneut.</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>{file} konnte nicht gelesen werden: {why}.</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>Prüfen Sie, wer diese Datei lesen darf.</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>Der Hintergrunddienst konnte seinen Zugang nicht öffnen: {why}.</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>Prüfen Sie, wem der Ordner gehört und wer darin schreiben darf.</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>Das lässt sich nicht verwenden.</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>Das ist kein öffentlicher Ed25519-Schlüssel.</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>Das ist kein Satz öffentlicher Ed25519-Schlüssel.</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>Das Profil lässt sich nicht verwenden: {why}.</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Bitten Sie den Anbieter um ein neues Profil.</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>Es wurde kein Profil gefunden. Deshalb ist nicht bekannt, um welches Produkt es geht.</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>Nennen Sie die Datei, die mit dem Programm kam: --profile FILE oder KEYSTEAD_PROFILE=FILE.</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>Das Profil {file} konnte nicht gelesen werden: {why}.</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>Prüfen Sie den Pfad, den --profile oder KEYSTEAD_PROFILE nennt.</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>Die Datei {file} ist kein Profil.</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>Bitten Sie den Anbieter um ein neues.</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>Die Einstellungen in {file} lassen sich nicht lesen.</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>Berichtigen Sie die Datei, oder entfernen Sie sie.</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>Die Einstellung „{setting}“ kann diesen Wert nicht haben.</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>Der Hintergrunddienst läuft auf diesem System noch nicht.</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>Eine Probe braucht ein Backend auf diesem Computer, etwa keystead-stub.</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>Für diesen Ordner läuft bereits ein Hintergrunddienst.</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>Beenden Sie ihn zuerst.</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>Der Hintergrunddienst antwortet nicht.</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>Versuchen Sie es erneut: Er wird gestartet, wenn er nicht läuft.</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>Statt des Hintergrunddienstes antwortet ein Programm eines anderen Benutzers. Es wurde nichts dorthin gesendet.</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>Fragen Sie den Administrator dieses Computers, warum {folder} belegt ist.</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>Andere Benutzer können {folder} ändern. Für den Hintergrunddienst ist das nicht sicher.</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>Sorgen Sie dafür, dass nur Sie dort schreiben können, oder wenden Sie sich an Ihren Administrator.</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>Der Hintergrunddienst wurde währenddessen beendet.</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>Nichts ist verloren. Den Stand zeigt: {command} status</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>Der Hintergrunddienst läuft mit anderen Einstellungen von {product} als dieses Programm.</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>Aktualisieren Sie alle Programme von {product}. Melden Sie sich dann vom Computer ab und wieder an.</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>Der Hintergrunddienst ist nicht installiert.</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>Installieren Sie ihn: pip install "keystead[daemon]"</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>Der Hintergrunddienst konnte nicht gestartet werden: {why}.</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Den Grund findet `{command} doctor`.</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>Der Hintergrunddienst wurde gestartet, hat aber nicht rechtzeitig geantwortet ({seconds} s).</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Den Grund findet `{command} doctor`.</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>Der Hintergrunddienst wird gerade beendet.</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>Versuchen Sie es erneut.</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>Der Hintergrunddienst hat das abgelehnt.</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>Die Antwort des Hintergrunddienstes lässt sich nicht lesen.</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Beenden Sie ihn. Die richtige Version wird von selbst gestartet.</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>Der Hintergrunddienst konnte das nicht lesen.</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>Der Hintergrunddienst kennt diese Anfrage in dieser Form nicht.</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Beenden Sie ihn. Die richtige Version wird von selbst gestartet.</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>Der Hintergrunddienst kennt diese Anfrage nicht.</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Beenden Sie ihn. Die richtige Version wird von selbst gestartet.</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>Der Hintergrunddienst kennt diese Prüfung nicht.</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Beenden Sie ihn. Die richtige Version wird von selbst gestartet.</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>Etwas ist schiefgegangen.</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>Hinweis:</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>E-Mail-Adresse, mit der Sie bezahlt haben:</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>Den Stand zeigt: {command} status</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>Dieses Gerät merkt es von selbst. Den Stand zeigt: {command} status</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Warten auf die Zahlung … {elapsed}   (Strg-C: nicht mehr warten)</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Warten, bis dem Link gefolgt wird … {elapsed}   (Strg-C: nicht mehr warten)</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Warten auf die Anmeldung … {elapsed}   (Strg-C: nicht mehr warten)</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>Der Abrechnungsdienst wird gefragt …</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>Hier bezahlen, auf einem beliebigen Gerät:</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>Bezahlen Sie auf der Seite, deren Link Sie vom Anbieter haben.</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>Fahren Sie im Browser fort:</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>Öffnen Sie diesen Link in einem Browser:</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>Die Zahlungsseite bleibt offen. Dieses Gerät merkt von selbst, wenn bezahlt ist.</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>Diesen Tarif gibt es nicht, oder die E-Mail-Adresse ist keine.</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>Die Tarife zeigt: {command} plans</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>Im Browser geöffnet:</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>Abrechnung hier verwalten:</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>Wenn mit dieser Adresse bezahlt wurde, ist ein Link dorthin unterwegs. Folgen Sie ihm auf einem beliebigen Gerät.</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>Dieses Gerät merkt von selbst, wenn dem Link gefolgt wird.</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>Das ist keine E-Mail-Adresse.</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>Hier anmelden, in einem Browser auf diesem Computer:</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>Melden Sie sich im Browser an:</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>Öffnen Sie diesen Link in einem Browser auf diesem Computer und melden Sie sich an:</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>Danach geht es weiter mit: {command} activate</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>Die Seite zum Anmelden bleibt noch einige Minuten offen.</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>Auf diesem Gerät ist jetzt niemand angemeldet.</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>Den Platz dieses Geräts freigeben? Das Programm funktioniert hier dann nicht mehr. [j/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>j ja</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>Es wurde nichts geändert.</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>GERÄT</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>ID</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>AKTIVIERT</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>ZULETZT AKTIV</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>nie</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name} (dieses Gerät)</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>{name} wurde entfernt.</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>{number} von {limit} Geräten ist in Gebrauch.</numerusform>
                <numerusform>{number} von {limit} Geräten sind in Gebrauch.</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>Die ID von mehr als einem Gerät beginnt so.</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>Es gibt kein Gerät mit dieser ID.</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>Die Geräte zeigt: {command} devices</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>TARIF</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>NAME</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>PREIS</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>ZEITRAUM</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>PLÄTZE</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>MODULE</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>FUNKTIONEN</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>{price} pro Platz</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>{price} pro Modul</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>{least} bis {most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>monatlich</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>jährlich</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>einmalig</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>nach Verbrauch</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>RECHNUNG</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>DATUM</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>BETRAG</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>STATUS</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>BEZAHLEN UNTER</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>Es wurde noch nichts berechnet.</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>in Vorbereitung</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>offen</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>überfällig</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>bezahlt</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>erstattet</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>angefochten</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>nicht bezahlt</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>storniert</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>Es ist nichts zu bezahlen.</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>Es gibt keine Rechnung mit dieser Nummer.</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>Die Rechnungen zeigt: {command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>Die Seite der Rechnung bleibt offen; bezahlen Sie jederzeit dort.</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name}: {state}.</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>Geschrieben: {name}</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>Öffnen Sie diese Adresse auf einem Smartphone oder einem anderen Computer, oder scannen Sie das Bild:</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>Geben Sie diese Datei auf der Abrechnungsseite ab. Was Sie dafür bekommen, liest ein: {command} import FILE</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>Das ist keine Lizenzdatei.</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>Das ist kein Dateiname.</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>Gespeichert: {name}</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>Darin stehen kein Token, kein Schlüssel und keine E-Mail-Adresse. Sehen Sie hinein, bevor Sie die Datei senden.</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>{product} öffnen</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>Beenden</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>{product} läuft im Infobereich weiter</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>Dort erfahren Sie, wenn etwas zu tun ist. Um das Programm zu beenden, wählen Sie im Menü seines Symbols „Beenden“.</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>Diese Arbeitsumgebung hat keinen Infobereich für Symbole.</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>Minimieren Sie das Fenster, damit das Programm weiterläuft. Wenn Sie es schließen, wird das Programm beendet.</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>{product}: Die Verlängerung ist noch nicht bestätigt</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>{product}: Eine Zahlung ist fehlgeschlagen</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>{product}: Es bleibt weniger als ein Tag</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>{product}: Es bleibt weniger als eine Stunde</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>{product}: Die Aktivierung ist abgelaufen</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>{product}: Dieses Gerät wurde entfernt</translation>
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
            <translation>Ihre Aktivierung wird geprüft …</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>Der Hintergrunddienst läuft nicht.</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>Er kümmert sich um Ihre Aktivierung: Er verlängert sie und meldet diesem Fenster, wie es um sie steht. Was Sie bezahlt haben, ist nicht verloren.</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>Er wird gestartet …</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>Erneut versuchen</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>Zuvor: {headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>Der Hintergrunddienst antwortet nicht. Die Verbindung wird wieder gesucht; die Anzeige ist möglicherweise nicht aktuell.</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>Dieses Programm ist nicht eingerichtet.</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>Tarif wählen</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>Sie bezahlen in Ihrem Browser. Wenn Sie zurückkommen, ist dieses Gerät bereits aktiv.</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>Tarife werden abgerufen …</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>Zurzeit wird kein Tarif angeboten.</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>Tarife erneut abrufen</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>Zahlungsweise</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>Monatlich</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>Jährlich</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>Einmalig</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>Plätze</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>Ein Platz weniger</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>Ein Platz mehr</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{price} {per}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>{price} je Platz {per}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>pro Monat</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>pro Jahr</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>einmalig</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>pro Zeitraum</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>Insgesamt {price} {per}, vor Steuern und Rabatten.</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>{name}, {price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>Enthält {features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>Module</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>{price} je Modul {per}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>Nach Bedarf</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>pro Monat</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>Anmelden</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>Melden Sie sich zuerst an</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>Der Abrechnungsdienst möchte wissen, wer kauft. Sie melden sich im Browser an und machen hier weiter.</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>Es wird darauf gewartet, dass Sie sich im Browser anmelden …</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>Abmelden</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>Dieses Gerät wird aktiviert …</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>Abrechnungsdienst</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>Zurück</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>Ihr Browser wird geöffnet …</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>Wartezeit: {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>Warten</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>Die Seite bleibt bis zum {until} offen.</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>Oder mit dem Smartphone bezahlen: Richten Sie dessen Kamera hierauf.</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>QR-Code mit der Adresse der Seite</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>Ich habe schon bezahlt</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>Geben Sie die E‑Mail-Adresse an, mit der Sie bezahlt haben. Sie erhalten eine E‑Mail mit einem Link. Folgen Sie ihm auf einem beliebigen Gerät, und dieses wird aktiviert.</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>E‑Mail-Adresse</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>Link senden</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>Die E‑Mail wird angefordert …</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>Das ist keine E‑Mail-Adresse.</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>Ihre Geräte</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>{count} von {limit} in Gebrauch. Auf einem entfernten Gerät funktioniert das Programm nicht mehr.</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>Ihre Geräte werden abgerufen …</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>Dieses Gerät</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>Ein Gerät ohne Namen</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>Zuletzt aktiv: {when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>Noch nie aktiv</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>Entfernen</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>{name} entfernen</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>{name} entfernen?</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>Dort funktioniert das Programm dann nicht mehr, und der Platz wird für ein anderes Gerät frei.</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>Gerät entfernen</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>Behalten</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>Wird entfernt …</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>Bereiche</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>Übersicht</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>Geräte</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>Abrechnung</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>Diagnose</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>Einstellungen</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>Jetzt</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>{span} bezahlt</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>{span} Kulanz</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label}: {when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>Rechnungen</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>Ihre Rechnungen werden abgerufen …</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>Es gibt noch keine Rechnung.</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>Rechnungen erneut abrufen</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>Karte ändern</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>Alle Rechnungen und Belege</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>Abonnement kündigen</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>Rechnung</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>{name}, {when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>Bezahlen</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>{name} bezahlen</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>Bezahlt</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>Erstattet</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>Angefochten</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>Offen</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>Überfällig</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>In Vorbereitung</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>Storniert</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>Nicht bezahlt</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>Unbekannt</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>Es wird eins nach dem anderen geprüft …</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>Die Prüfung wurde abgebrochen, bevor alles geprüft war.</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>Erneut prüfen</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>Prüfung abbrechen</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>Wartet</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>Wird geprüft</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>In Ordnung</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>Zu beachten</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>Nicht geprüft</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>Für den Support speichern</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>Diagnose speichern</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>Zip-Archive (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>Die Diagnose wird gespeichert …</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>Gespeichert als {name}. Darin stehen kein Token, kein Schlüssel und keine E‑Mail-Adresse.</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>Sprache</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>Darstellung</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>Im Hintergrund</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>Bei der Anmeldung starten</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>Das Programm ist von Anfang an da, ohne dass sein Fenster im Weg ist.</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>Mitteilungen</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>Was Ihre Aufmerksamkeit braucht, wird einmal mitgeteilt. Eine gelungene Verlängerung wird nie mitgeteilt.</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>Proxy</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>Systemeinstellung</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>Systemeinstellung</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>Hell</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>Dunkel</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>Systemeinstellung</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>Kein Proxy</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>Manuell</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>Adresse des Proxys</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>Diesen Proxy verwenden</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>Das ist keine Adresse eines Proxys. Eine solche sieht aus wie http://proxy:3128.</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>Beim Abrechnungsdienst wird nachgefragt …</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>„Abrechnung verwalten“ wird geöffnet …</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>Die Lizenzdatei wird gelesen …</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>Lizenzdatei importieren</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>Lizenzdateien (*.jws *.lic *.txt);;Alle Dateien (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>Die Lizenzdatei wurde übernommen.</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>Die Diagnose wird zusammengestellt …</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>Die Diagnose ist in der Zwischenablage. Sie enthält nichts Geheimes.</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>Der Link ist in der Zwischenablage.</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>Ihr Browser konnte nicht geöffnet werden. Öffnen Sie diese Adresse selbst:</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>Adresse</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>Der Abrechnungsdienst nannte eine Adresse, die keine Webseite ist. Sie wurde nicht geöffnet.</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>Details</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>Ausblenden</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>Alles ist in Ordnung</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>Warten</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>Braucht Ihre Aufmerksamkeit</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>Nicht nutzbar</translation>
        </message>
    </context>
</TS>
