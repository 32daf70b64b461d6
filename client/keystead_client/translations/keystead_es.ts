<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="es" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>Has iniciado sesión.</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>Has iniciado sesión como {subject}.</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>Has iniciado sesión como {subject}, para {account}.</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>Nadie ha iniciado sesión en este dispositivo.</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>Tarjeta</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>{brand} terminada en {last4}</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>Has iniciado sesión.</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>No has iniciado sesión.</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>Puedes cerrar esta página y volver adonde estabas.</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date}, {time}</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>{number} día</numerusform>
                <numerusform>{number} días</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>{number} hora</numerusform>
                <numerusform>{number} horas</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>{number} minuto</numerusform>
                <numerusform>{number} minutos</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger} y {smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>menos de un minuto</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>hace un momento</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>hace {span}</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>Este dispositivo aún no está activado.</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>Esperando la confirmación de tu pago.</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>Este dispositivo se está activando para tu cuenta.</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>Esperando la confirmación desde el enlace de tu correo.</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>Esperando la confirmación de tu pago. Puedes trabajar hasta el {until}.</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>Activado. Todo funciona.</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>Activado. Tu prueba dura hasta el {period}.</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>Activado. Hay que comprobarlo de nuevo antes del {until}.</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>Activado hasta el {period}. Después termina tu suscripción, como pediste.</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>Tu último pago ha fallado. Puedes seguir trabajando hasta el {until}.</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>Aún no se ha confirmado la renovación del {period}. Puedes seguir trabajando hasta el {until}.</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>Tu suscripción requiere tu atención. Puedes seguir trabajando hasta el {until}.</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>Esta activación terminó el {ended}.</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>Esta activación ha terminado.</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>Esta activación terminó el {ended} porque no se pudo comprobar.</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>Esta activación terminó el {ended} porque tu último pago falló.</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>Tu suscripción terminó, como pediste, el {ended}.</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>Tu suscripción se ha cancelado.</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>Tu compra se ha cancelado.</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>Tu suscripción se detuvo porque no se pagó.</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>Tu suscripción se detuvo porque el último pago falló.</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>Se te ha reembolsado el pago, así que esta activación ha terminado.</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>Tu pago se ha devuelto a través de tu banco, así que esta activación ha terminado.</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>Tu suscripción está en pausa.</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>Tu primer pago no está completo.</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>Tu primer pago no se completó a tiempo.</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>Todavía no se ha pagado nada para este dispositivo.</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>A la espera de que tu banco confirme el pago.</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>Tu compra es de otro producto.</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>Este dispositivo se ha quitado de tu cuenta.</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Tu suscripción ya se usa en tantos dispositivos como permite.</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>En este momento no hay ninguna suscripción para este dispositivo.</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>Esta activación pertenece a otro dispositivo.</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>Estos archivos se han copiado aquí desde otro lugar.</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>Esta activación está firmada por alguien que este programa no conoce.</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>Esta activación es de otro producto.</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>La activación guardada está dañada o se ha modificado.</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>Queda menos de un día: {span}.</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>Queda menos de una hora: {span}.</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>Elige un plan y continúa en el navegador. Si ya has pagado, restaura tu compra o importa un archivo de licencia.</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>Termina en el navegador. La confirmación del pago se detecta aquí automáticamente.</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>Abre el correo en cualquier dispositivo, sigue el enlace y confirma.</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>No tienes que hacer nada; tardará unos minutos como mucho.</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>Para conservarla, abre «Gestionar facturación» y reanúdala.</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>Paga la factura pendiente antes de esa fecha, o cambia tu tarjeta en «Gestionar facturación».</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>Conéctate una vez a internet antes de esa fecha; el resto se hace solo.</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>Conéctate a Internet. Después, este dispositivo se activará automáticamente.</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>Abre «Gestionar facturación» para ver qué se te pide.</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>Si hay una factura pendiente, págala. Si ya pagaste, restaura tu compra.</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>Esto puede tardar varios días. Este dispositivo se activará automáticamente.</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>Conéctate una vez a internet. Si la suscripción ha terminado, renuévala.</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>Suscríbete de nuevo para continuar.</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>Cómpralo de nuevo para continuar.</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>Paga la factura pendiente. Después, este dispositivo se activará automáticamente.</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>Abre «Gestionar facturación» y reanuda la suscripción.</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>Abre «Gestionar facturación» y completa el pago.</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>Para volver a usarlo aquí, restaura tu compra.</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>Quita un dispositivo que ya no uses y después actualiza la activación.</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>Actualiza la activación. Si no basta, envía el diagnóstico a {support}.</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>la asistencia del proveedor</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>Plan</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>{plan}, {number} puesto</numerusform>
                <numerusform>{plan}, {number} puestos</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>Dispositivo</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>Próxima renovación</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>Pago</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>Único, sin renovación</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>Comprobar de nuevo antes del</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>Termina</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>Pagado hasta</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>Sin conexión hasta</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>Funciona hasta</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>Funcionó hasta</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>Última comprobación</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>Próxima comprobación</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>El reloj de este equipo va atrasado. Ponlo en hora; nada más depende de ello.</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>La fecha del servicio de facturación difiere en más de un día de la de este equipo. No tienes que cambiar nada: la licencia se vuelve a comprobar automáticamente.</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>El depósito de claves del sistema está bloqueado o no existe, así que la activación no se puede renovar. Desbloquéalo o elige guardar las claves en un archivo.</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>No se pueden abrir las credenciales guardadas. Actualiza la activación o activa de nuevo este dispositivo.</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>No se ha podido contactar con el servicio de facturación. Se volverá a intentar automáticamente.</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>No se ha podido guardar la activación. Libera espacio en el disco o comprueba quién puede escribir en la carpeta.</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>Un pago ha fallado. Abre «Gestionar facturación» para resolverlo.</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>La suscripción no se renovará.</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>Todos los dispositivos de esta suscripción están en uso. Quita uno que ya no necesites.</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>La última respuesta del servicio de facturación no se aceptó porque su firma o su contenido no es correcto. Lo que era válido sigue siéndolo. Si el problema continúa, contacta con la asistencia.</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>Se rechazó la última actualización. {reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>No se aceptó la lista de claves de firma del servicio de facturación. Lo que era válido sigue siéndolo. Si el problema continúa, contacta con la asistencia.</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>La lista de claves de firma del proveedor ha caducado. Tu licencia sigue funcionando. Si el problema continúa, contacta con la asistencia.</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>Continuar en el navegador</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>Ya he pagado</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>Usar este dispositivo</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>Importar archivo de licencia</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>Activar sin conexión</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>Volver a abrir el navegador</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>Copiar enlace</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>Cancelar</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>Actualizar activación</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>Pagar la factura</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>Gestionar facturación</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>Gestionar dispositivos</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>Copiar diagnóstico</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>Todo está en orden.</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>Hay algo que requiere tu atención.</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>No se ha comprobado, porque antes tiene que funcionar otra cosa.</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>No ha respondido a tiempo ({seconds} s).</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>Vuelve a comprobarlo más tarde. Si se bloquea otra vez, reinicia este equipo.</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>El mensaje es «{code}».</translation>
        </message>
        <message id="check.profile">
            <source>Profile</source>
            <translation>Perfil</translation>
        </message>
        <message id="check.profile.ok">
            <source>{name} ({product})</source>
            <translation>{name} ({product})</translation>
        </message>
        <message id="check.files">
            <source>Files</source>
            <translation>Archivos</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>En {folder}, solo para ti.</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>Otras personas pueden acceder a: {files}.</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>Haz que {folder} y su contenido sean solo tuyos (chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>Estos pertenecen a otra persona: {files}.</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>Haz que {folder} y su contenido sean solo tuyos (chown, chmod -R go-rwx).</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>No se puede escribir en: {files}.</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>Haz que puedas escribir en {folder} y su contenido (chmod -R u+rw).</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>No se puede examinar: {files}.</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>Comprueba quién puede acceder a {folder}.</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>Servicio en segundo plano</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>Responde la versión {version} (proceso {pid}).</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>Ejecuta la versión {theirs}; esta es la versión {ours}.</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Detenlo; la versión correcta se inicia automáticamente.</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>Depósito de claves</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>Las claves están disponibles.</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>Se está consultando el depósito de claves.</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>Almacenamiento</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>Los archivos se pueden leer y escribir.</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>La última vez no se pudo guardar.</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Libera espacio en el disco o comprueba quién puede escribir en la carpeta.</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>Reloj</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>La hora de este equipo es verosímil.</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>El reloj de este equipo va por detrás de la hora conocida.</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>Ajusta la fecha y la hora de este equipo.</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>Licencia</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>La licencia es válida.</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>La licencia es válida por un tiempo: la renovación no está confirmada.</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>El pago aún no está confirmado.</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>Termina en el navegador o espera unos minutos.</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>Aún no hay ninguna licencia.</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>Activa este dispositivo.</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>La licencia ha terminado.</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>Conéctate a internet y actualiza la activación.</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>En este momento no hay ninguna suscripción para ella.</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>Abre el resumen para ver por qué o actualiza la activación.</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>La licencia está dañada, se ha modificado o no es de este dispositivo.</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>Actualiza la activación o activa de nuevo este dispositivo.</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>Última actualización</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>Se aceptó la última respuesta del servicio de facturación.</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>Todavía no se ha consultado al servicio de facturación.</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>No se pudo contactar con el servicio de facturación. Se vuelve a intentar automáticamente.</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>No se aceptó la última respuesta del servicio de facturación ({code}). Lo que era válido sigue siéndolo.</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>Actualiza la activación. Si el problema continúa, contacta con la asistencia.</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>La última respuesta del servicio de facturación estaba firmada con una clave que este programa no conoce. Lo que era válido sigue siéndolo.</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>Actualiza la activación. Si el problema continúa, contacta con la asistencia: es posible que el proveedor haya cambiado sus claves.</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>Claves de firma</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>La lista de claves de firma del proveedor es válida (versión {version}).</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>Valen las claves incluidas en este programa.</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>La lista de claves de firma del proveedor ha caducado (versión {version}). Tu licencia sigue funcionando.</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>Contacta con la asistencia: el proveedor debe publicar una lista nueva.</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>No se aceptó la lista de claves de firma del servicio de facturación ({code}). Lo que era válido sigue siéndolo.</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>Vuelve a intentarlo más tarde. Si el problema continúa, contacta con la asistencia.</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>Navegador</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>Los enlaces se abren en el navegador.</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>Aquí no hay pantalla: los enlaces se muestran como texto.</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>Servicio de facturación</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>{host} responde.</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>{host} responde, pero tiene un problema.</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>Inténtalo más tarde.</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>Conexión segura</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>El certificado del servidor es válido.</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>El servidor está en este equipo, donde no hace falta.</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>Hora del servicio</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>Coincide con la de aquí.</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>Difiere en {minutes} min de la de aquí.</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>Actualiza la activación.</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>Ya estás de vuelta</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>{product} muestra en su propia ventana lo que ha cambiado. Puedes cerrar esta pestaña.</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>Aquí no hay nada.</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>Este equipo nunca se conecta</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>Escanea esto con un teléfono y sigue allí los pasos. Al final, el teléfono muestra un código de activación para escribirlo aquí.</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>Código QR con la solicitud de este equipo</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>Creando la solicitud…</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>Volver a crear la solicitud</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>Guardar la solicitud en un archivo</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>Archivos de texto (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>Guardado como {name}. Llévalo a {page} en un equipo con conexión; allí recibirás un archivo de licencia o un código de activación.</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>Código de activación</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>Activar</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>Comprobando el código de activación…</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>Se ha aceptado el código de activación.</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>No importan las mayúsculas, los espacios ni los guiones. Si un grupo no es correcto, se indica al momento.</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>Grupos escritos: {done}. Hasta ahora todo es correcto.</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>Grupos escritos: {done} de {all}. Hasta ahora todo es correcto.</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>El grupo {group} no es correcto: {text}. Compáralo con el código que se mostró.</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>«{text}» no aparece en ningún código de activación.</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>El código solo tiene {all} grupos. Mira si has escrito alguno dos veces.</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>El código está completo.</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>Es una licencia. Se puede importar tal como está.</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>Esto ya está pagado.</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>Actualiza la activación. Para cambiar la suscripción o pagar una factura pendiente, usa «Gestionar facturación».</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>Tu suscripción ya se usa en tantos dispositivos como permite.</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>Quita un dispositivo que ya no uses e inténtalo de nuevo.</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>En los últimos 30 días se han cambiado dispositivos demasiadas veces.</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>Inténtalo de nuevo dentro de unos días o consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>En este momento no se puede comprar nada.</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Inténtalo más tarde o consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>El servicio de facturación ya no acepta este dispositivo.</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>Restaura tu compra para volver a conectar este dispositivo.</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>El servicio de facturación no conoce este dispositivo.</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>Si ya pagaste, restaura tu compra. Si no, elige un plan.</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>Se ha pedido demasiadas veces en poco tiempo.</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>Inténtalo de nuevo dentro de un minuto.</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>Esto se vende para otro producto.</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>Elige un plan de este programa. Si también se rechaza, contacta con el soporte.</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>Aún no se ha comprado nada con esto.</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>Elige un plan y continúa en el navegador.</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>El servicio de facturación no lo permite.</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>Su cuenta aún no puede vender: no está conectada a Stripe.</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>Conéctela donde administra su cuenta.</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>El servicio de facturación no lo tiene, o ya no lo tiene.</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>Esto contradice lo que sabe el servicio de facturación.</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>Actualiza la activación e inténtalo de nuevo.</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>El servicio de facturación lo ha rechazado.</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Inténtalo más tarde o consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>No se ha entendido esta solicitud.</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>El servicio de facturación no ofrece esto.</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>El servicio de facturación no puede responder a este programa.</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>El servicio de facturación no puede leer la solicitud de este programa.</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>No se ha podido contactar con el servicio de facturación.</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>Comprueba la conexión a internet.</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>El servicio de facturación no ha respondido a tiempo.</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>Comprueba la conexión a internet o inténtalo más tarde.</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>No se puede establecer una conexión segura con el servicio de facturación.</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Es posible que esta red le pida iniciar sesión primero: abre un navegador. Si eso no ayuda, ponte en contacto con el soporte.</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>Este equipo no confía en el certificado que respondió por {host}. Emisor: {issuer}.</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>En una red de empresa, es posible que un proxy inspeccione las conexiones seguras. Pide a tu administrador que agregue esta autoridad a este equipo, o indica su certificado en SSL_CERT_FILE.</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>El certificado de {host} ha caducado.</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>Si la fecha de este equipo es correcta, ponte en contacto con el soporte: solo el proveedor puede renovarlo.</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>Según el reloj de este equipo, el certificado de {host} todavía no es válido.</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>Ajusta la fecha y la hora de este equipo y vuelve a intentarlo.</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>El servidor que respondió por {host} tiene un certificado para otra dirección.</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>Es posible que esta red le pida iniciar sesión primero: abre un navegador. Si eso no ayuda, ponte en contacto con el soporte.</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>No se pueden leer los certificados de confianza de {file}.</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>SSL_CERT_FILE o SSL_CERT_DIR indica esta ubicación. Corrige el ajuste o quítalo.</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>{file} no contiene certificados válidos.</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>SSL_CERT_FILE indica este archivo. Sustitúyelo por un archivo PEM con certificados o quita el ajuste.</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>No se puede conectar a través del proxy.</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>Comprueba la dirección del proxy en los ajustes o en HTTPS_PROXY.</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>No se encuentra el proxy {proxy}.</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>Comprueba el nombre en los ajustes o en HTTPS_PROXY, y tu conexión a la red de la empresa.</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>El proxy requiere un nombre de usuario y una contraseña.</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>Agrégalos a la dirección del proxy, por ejemplo http://nombre:clave@proxy:3128.</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>Esta dirección es la de un archivo de configuración automática del proxy (PAC), que no se admite.</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>Indica el proxy mismo, por ejemplo http://proxy:3128. Tu administrador conoce la dirección.</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>El nombre de usuario o la contraseña del proxy contiene caracteres que deben codificarse.</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>Escribe / como %2F, ? como %3F, # como %23 y @ como %40.</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>La dirección del proxy no es válida.</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>Indica una dirección como http://proxy:3128.</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>Ha respondido otro, no el servicio de facturación.</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>Abre un navegador: puede que esta red te pida antes que inicies sesión.</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>El servicio de facturación tiene un problema.</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>Inténtalo más tarde.</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>El servicio de facturación tiene un problema.</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>Inténtalo más tarde.</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>El servicio de pagos no ha respondido.</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Inténtalo de nuevo dentro de unos minutos.</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>El servicio de facturación no está listo.</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>Inténtalo de nuevo dentro de unos minutos.</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>La respuesta del servicio de facturación no está firmada, así que no cuenta.</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>Inténtalo más tarde o consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>Una parte de este programa no funciona.</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>Instala de nuevo el programa.</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>No se puede leer: está dañado o es otra cosa.</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>Consíguelo otra vez de donde procede.</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>Es demasiado grande.</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>No existe el archivo {file}.</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>El diagnóstico no se ha entregado: todavía hay un secreto en {file}.</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>Cuéntale a la asistencia del proveedor que ha ocurrido esto.</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>No es un archivo de licencia: es demasiado grande.</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>No se puede leer este archivo.</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>Es un documento de otro tipo.</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>Elige el archivo de licencia que recibiste.</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>La firma no coincide: el documento está dañado o se ha modificado.</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>Consíguelo otra vez de donde procede.</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>Este documento está firmado por alguien que este programa no conoce.</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>Comprueba que sea para este programa o consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>Este documento está firmado de una forma que aquí no cuenta.</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>Este documento pide algo que nunca se hace.</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>Este documento termina antes de empezar.</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>Este documento pretende durar más de lo permitido.</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>Es la respuesta a otra solicitud.</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>Inténtalo de nuevo.</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>Aquí ya hay un documento más reciente.</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>Elige el archivo de licencia más reciente.</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>Este documento se emitió en el futuro.</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>Si la fecha de este equipo es correcta, consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>Esta lista de claves de firma incluye una clave raíz, por lo que no se acepta.</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>Ya se aceptó otra lista de claves de firma con esta versión.</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>Falta la lista de claves de firma en este dispositivo.</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>Actualiza la activación.</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>Este documento es de otro producto.</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>Elige el archivo de licencia de este programa.</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>Este documento es de otro dispositivo.</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>Crea un archivo de solicitud en este dispositivo y consigue con él un archivo de licencia.</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>Estos archivos se han copiado aquí desde otro lugar.</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>Activa este dispositivo.</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>El grupo {group} del código de activación no es correcto.</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>Compáralo con el código que se mostró.</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>El código de activación no está completo.</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>Escribe todos sus grupos.</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>Este programa no conoce este tipo de código de activación.</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>Busca una versión más reciente de este programa.</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>Este código de activación no es para este equipo o responde a una solicitud anterior.</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>Escanea la imagen que este equipo muestra ahora y toma de ahí el código de activación.</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>Un código de activación responde a una solicitud, y este equipo no ha hecho ninguna.</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>Haz que este equipo muestre primero su solicitud y toma de ahí el código de activación.</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>Esta licencia no tiene código de activación.</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>Usa el archivo de licencia.</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>Nadie ha iniciado sesión en el servicio de facturación.</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>Primero inicia sesión.</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>Tu sesión en el servicio de facturación ha terminado.</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>Vuelve a iniciar sesión. Lo que has pagado sigue funcionando.</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>Nadie ha iniciado sesión: se rechazó en el navegador.</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>Vuelve a iniciar sesión si no era tu intención.</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>Nadie ha iniciado sesión en diez minutos.</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>Vuelve a iniciar sesión.</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>No se ha podido iniciar sesión.</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>Inténtalo de nuevo.</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>No hay dónde iniciar sesión con este programa.</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Pide al proveedor un perfil nuevo.</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>No necesitas iniciar sesión para usar este programa.</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>Paga o restaura tu compra para activar este dispositivo.</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>En este servicio de facturación no se puede elegir el número de puestos.</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>Omite --seats.</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>En este servicio de facturación no hay módulos que elegir.</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>Omite --modules.</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>En este servicio de facturación no se puede elegir cada cuánto se paga.</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>Omite --period.</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>Este servicio de facturación no muestra sus facturas aquí.</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>Pídelas a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>Este servicio de facturación no tiene ninguna página para gestionar la facturación.</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>Consulta a la asistencia del proveedor.</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>Este servicio de facturación no envía enlaces por correo.</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>Inicia sesión en la cuenta que ha pagado y usa este dispositivo con ella.</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>Este dispositivo no está activado.</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>Actívalo primero.</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>El depósito de claves del sistema está bloqueado.</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Desbloquéalo o elige guardar las claves en un archivo (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>No hay depósito de claves en este sistema.</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Configura uno o elige guardar las claves en un archivo (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>El depósito de claves del sistema no funciona.</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>Repáralo o elige guardar las claves en un archivo (KEYSTEAD_SECRETS=file).</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>El depósito de claves del sistema no ha respondido a tiempo.</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>Mira si pide su contraseña en otra ventana.</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>La clave de este dispositivo ya no está en el depósito de claves.</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Usa «Ya he pagado» para volver a conectar este dispositivo.</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>No se pueden abrir las credenciales guardadas.</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>Usa «Ya he pagado» para volver a conectar este dispositivo.</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>No se ha podido guardar {file}: {why}.</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>Libera espacio en el disco o comprueba quién puede escribir en la carpeta.</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>No se ha podido guardar el cambio en este dispositivo.</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>Libera espacio en el disco y vuelve a intentarlo.</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>No se ha podido leer {file}: {why}.</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>Comprueba quién puede leerlo.</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>El servicio en segundo plano no ha podido abrir su acceso: {why}.</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>Comprueba de quién es la carpeta y quién puede escribir en ella.</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>Esto no se puede usar.</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>No es una clave pública Ed25519.</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>No es un conjunto de claves públicas Ed25519.</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>No se puede usar el perfil: {why}.</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>Pide al proveedor un perfil nuevo.</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>No se ha encontrado ningún perfil, así que no se sabe de qué producto se trata.</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>Indica el archivo que venía con el programa: --profile FILE o KEYSTEAD_PROFILE=FILE.</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>No se ha podido leer el perfil {file}: {why}.</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>Comprueba la ruta que indica --profile o KEYSTEAD_PROFILE.</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>El archivo {file} no es un perfil.</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>Pide uno nuevo al proveedor.</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>No se pueden leer los ajustes de {file}.</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>Corrige el archivo o elimínalo.</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>El ajuste «{setting}» no puede tener ese valor.</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>El servicio en segundo plano aún no funciona en este sistema.</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>Un ensayo necesita un backend en este equipo, como keystead-stub.</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>Ya hay un servicio en segundo plano para esta carpeta.</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>Detenlo primero.</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>El servicio en segundo plano no responde.</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>Inténtalo de nuevo: si no está en marcha, se inicia.</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>En lugar del servicio en segundo plano responde un programa de otro usuario. No se le ha enviado nada.</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>Pregunta al administrador de este equipo por qué {folder} está en uso.</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>Otros usuarios pueden modificar {folder}, así que no es seguro para el servicio en segundo plano.</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>Asegúrate de que solo tú puedas escribir en ella, o pregunta a tu administrador.</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>El servicio en segundo plano se ha detenido durante la espera.</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>No se ha perdido nada; consulta el estado con: {command} status</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>El servicio en segundo plano usa otra configuración de {product} que este programa.</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>Actualiza todos los programas de {product}. Después, cierra la sesión en este equipo y vuelve a iniciarla.</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>El servicio en segundo plano no está instalado.</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>Instálalo: pip install "keystead[daemon]"</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>No se ha podido iniciar el servicio en segundo plano: {why}.</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Ejecuta `{command} doctor` para averiguar por qué.</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>El servicio en segundo plano se ha iniciado, pero no ha respondido a tiempo ({seconds} s).</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>Ejecuta `{command} doctor` para averiguar por qué.</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>El servicio en segundo plano se está cerrando.</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>Inténtalo de nuevo.</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>El servicio en segundo plano lo ha rechazado.</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>No se puede leer la respuesta del servicio en segundo plano.</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Detenlo; la versión correcta se inicia automáticamente.</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>El servicio en segundo plano no ha podido leerlo.</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>El servicio en segundo plano no conoce esta solicitud en esta forma.</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Detenlo; la versión correcta se inicia automáticamente.</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>El servicio en segundo plano no conoce esta solicitud.</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Detenlo; la versión correcta se inicia automáticamente.</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>El servicio en segundo plano no conoce esta comprobación.</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>Detenlo; la versión correcta se inicia automáticamente.</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>Algo ha salido mal.</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>nota:</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>Dirección de correo con la que pagaste:</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>Consulta el estado con: {command} status</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>Este dispositivo lo detecta automáticamente. Consulta el estado con: {command} status</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Esperando el pago… {elapsed}   (Ctrl-C: dejar de esperar)</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Esperando a que se siga el enlace… {elapsed}   (Ctrl-C: dejar de esperar)</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>Esperando el inicio de sesión… {elapsed}   (Ctrl-C: dejar de esperar)</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>Preguntando al servicio de facturación…</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>Paga aquí, en cualquier dispositivo:</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>Paga en la página cuyo enlace te dio el proveedor.</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>Continúa en el navegador:</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>Abre este enlace en un navegador:</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>La página de pago sigue abierta; este dispositivo detecta automáticamente cuándo se ha pagado.</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>El plan no existe o la dirección de correo no es válida.</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>Consulta los planes con: {command} plans</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>Abierto en el navegador:</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>Gestiona aquí la facturación:</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>Si se ha pagado con esta dirección, ya va un enlace hacia ella. Síguelo en cualquier dispositivo.</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>Este dispositivo detecta automáticamente cuándo se sigue el enlace.</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>No es una dirección de correo.</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>Inicia sesión aquí, en un navegador de este equipo:</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>Inicia sesión en el navegador:</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>Abre este enlace en un navegador de este equipo e inicia sesión:</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>Después continúa con: {command} activate</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>La página para iniciar sesión sigue abierta unos minutos.</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>Ya no hay ninguna sesión iniciada en este dispositivo.</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>¿Liberar el lugar de este dispositivo? El programa dejará de funcionar aquí. [s/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>s si sí</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>No se ha cambiado nada.</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>DISPOSITIVO</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>ID</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>ACTIVADO</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>ÚLTIMA ACTIVIDAD</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>nunca</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name} (este dispositivo)</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>Se ha quitado {name}.</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>{number} de {limit} dispositivos está en uso.</numerusform>
                <numerusform>{number} de {limit} dispositivos están en uso.</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>El ID de más de un dispositivo empieza así.</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>No hay ningún dispositivo con este ID.</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>Consulta los dispositivos con: {command} devices</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>PLAN</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>NOMBRE</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>PRECIO</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>PERIODO</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>PUESTOS</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>MÓDULOS</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>FUNCIONES</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>{price} por puesto</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>{price} por módulo</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>de {least} a {most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>mensual</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>anual</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>pago único</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>según uso</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>FACTURA</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>FECHA</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>IMPORTE</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>ESTADO</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>PAGAR EN</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>Aún no se ha facturado nada.</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>en preparación</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>pendiente</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>vencida</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>pagada</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>reembolsada</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>disputada</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>no pagada</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>anulada</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>No hay nada que pagar.</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>No hay ninguna factura con este número.</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>Mira las facturas con: {command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>La página de la factura sigue abierta; págala cuando quieras.</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name}: {state}.</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>Escrito: {name}</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>Abre esta dirección en un teléfono o en otro equipo, o escanea la imagen:</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>Entrega este archivo en la página de facturación; lo que recibas a cambio se lee con: {command} import FILE</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>No es un archivo de licencia.</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>No es un nombre de archivo.</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>Guardado: {name}</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>No contiene ningún token, clave ni dirección de correo; revísalo antes de enviarlo.</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>Abrir {product}</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>Salir</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>{product} sigue en la bandeja del sistema</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>Ahí te avisa cuando hay algo que hacer. Para cerrarlo, elige «Salir» en el menú de su icono.</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>Este escritorio no tiene bandeja del sistema.</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>Minimiza la ventana para que el programa siga en marcha; si la cierras, el programa termina.</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>{product}: la renovación aún no está confirmada</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>{product}: un pago ha fallado</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>{product}: queda menos de un día</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>{product}: queda menos de una hora</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>{product}: la activación ha terminado</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>{product}: se ha quitado este dispositivo</translation>
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
            <translation>Consultando tu activación…</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>El servicio en segundo plano no está en marcha.</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>Se ocupa de tu activación: la renueva e informa de ella a esta ventana. Lo que has pagado no se ha perdido.</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>Iniciándolo…</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>Intentar de nuevo</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>Antes: {headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>El servicio en segundo plano no responde. Se está buscando de nuevo; puede que lo que ves no esté al día.</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>Este programa no está configurado.</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>Elegir un plan</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>Pagas en tu navegador. Cuando vuelvas, este dispositivo ya estará activado.</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>Obteniendo los planes…</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>En este momento no hay ningún plan a la venta.</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>Volver a obtener los planes</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>Forma de pago</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>Mensual</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>Anual</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>Pago único</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>Puestos</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>Un puesto menos</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>Un puesto más</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{price} {per}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>{price} por puesto {per}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>al mes</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>al año</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>en un solo pago</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>por periodo</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>En total {price} {per}, antes de impuestos y descuentos.</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>{name}, {price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>Incluye {features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>Módulos</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>{price} por módulo {per}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>Sin compromiso</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>al mes</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>Iniciar sesión</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>Inicia sesión primero</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>El servicio de facturación quiere saber quién compra. Inicia sesión en el navegador y continúa aquí.</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>Esperando a que inicies sesión en el navegador…</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>Cerrar sesión</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>Activando este dispositivo…</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>Servicio de facturación</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>Atrás</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>Abriendo tu navegador…</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>Tiempo de espera: {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>Esperando</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>La página permanece abierta hasta el {until}.</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>O paga con el teléfono: apunta aquí con su cámara.</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>Código QR con la dirección de la página</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>Ya he pagado</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>Indica la dirección de correo con la que pagaste. Recibirás un mensaje con un enlace; síguelo en cualquier dispositivo y este quedará activado.</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>Dirección de correo</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>Enviar el enlace</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>Pidiendo el mensaje…</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>No es una dirección de correo.</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>Tus dispositivos</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>{count} de {limit} en uso. El programa deja de funcionar en los dispositivos que quites.</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>Obteniendo tus dispositivos…</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>Este dispositivo</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>Un dispositivo sin nombre</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>Última actividad: {when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>Sin actividad hasta ahora</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>Quitar</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>Quitar {name}</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>¿Quitar {name}?</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>Dejará de funcionar allí y su plaza quedará libre para otro dispositivo.</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>Quitar el dispositivo</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>Conservarlo</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>Quitando…</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>Secciones</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>Resumen</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>Dispositivos</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>Facturación</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>Diagnóstico</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>Ajustes</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>Ahora</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>Pagado: {span}</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>Gracia: {span}</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label}: {when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>Facturas</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>Obteniendo tus facturas…</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>Aún no hay ninguna factura.</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>Volver a obtener las facturas</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>Cambiar la tarjeta</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>Todas las facturas y recibos</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>Cancelar la suscripción</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>Factura</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>{name}, {when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>Pagar</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>Pagar {name}</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>Pagada</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>Reembolsada</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>Disputada</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>Pendiente</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>Vencida</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>En preparación</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>Anulada</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>No pagada</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>Desconocida</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>Comprobando una cosa tras otra…</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>Se ha detenido antes de comprobarlo todo.</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>Volver a comprobar</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>Detener</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>En espera</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>Comprobando</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>En orden</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>Requiere atención</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>Sin comprobar</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>Guardar para la asistencia</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>Guardar el diagnóstico</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>Archivos zip (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>Guardando el diagnóstico…</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>Guardado como {name}. No contiene ningún token, clave ni dirección de correo.</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>Idioma</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>Apariencia</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>En segundo plano</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>Abrir al iniciar sesión</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>El programa está disponible desde el principio, sin que su ventana moleste.</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>Notificaciones</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>Cada cosa que requiere tu atención se avisa una vez. Una renovación correcta no se avisa nunca.</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>Proxy</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>Como el sistema</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>Como el sistema</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>Clara</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>Oscura</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>Como el sistema</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>Ninguno</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>Manual</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>Dirección del proxy</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>Usar este proxy</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>No es la dirección de un proxy. Una dirección tiene la forma http://proxy:3128.</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>Consultando al servicio de facturación…</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>Abriendo «Gestionar facturación»…</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>Leyendo el archivo de licencia…</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>Importar archivo de licencia</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>Archivos de licencia (*.jws *.lic *.txt);;Todos los archivos (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>Se ha importado el archivo de licencia.</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>Reuniendo el diagnóstico…</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>El diagnóstico está en el portapapeles. No contiene ningún secreto.</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>El enlace está en el portapapeles.</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>No se ha podido abrir tu navegador. Abre tú esta dirección:</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>Dirección</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>El servicio de facturación indicó una dirección que no es una página web. No se ha abierto.</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>Detalles</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>Cerrar</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>Todo está en orden</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>En espera</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>Requiere tu atención</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>No se puede usar</translation>
        </message>
    </context>
</TS>
