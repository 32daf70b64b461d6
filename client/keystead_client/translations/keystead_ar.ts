<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ar" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>لقد سجّلت الدخول.</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>لقد سجّلت الدخول باسم {subject}.</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>لقد سجّلت الدخول باسم {subject} نيابةً عن {account}.</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>لم يسجّل أحد الدخول على هذا الجهاز.</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>البطاقة</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>بطاقة {brand} تنتهي بالأرقام {last4}</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>لقد سجّلت الدخول.</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>لم تسجّل الدخول.</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>يمكنك إغلاق هذه الصفحة والعودة إلى حيث كنت.</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date} في {time}</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>أقل من يوم</numerusform>
                <numerusform>يوم واحد</numerusform>
                <numerusform>يومين</numerusform>
                <numerusform>{number} أيام</numerusform>
                <numerusform>{number} يومًا</numerusform>
                <numerusform>{number} يوم</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>أقل من ساعة</numerusform>
                <numerusform>ساعة واحدة</numerusform>
                <numerusform>ساعتين</numerusform>
                <numerusform>{number} ساعات</numerusform>
                <numerusform>{number} ساعةً</numerusform>
                <numerusform>{number} ساعة</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>أقل من دقيقة</numerusform>
                <numerusform>دقيقة واحدة</numerusform>
                <numerusform>دقيقتين</numerusform>
                <numerusform>{number} دقائق</numerusform>
                <numerusform>{number} دقيقةً</numerusform>
                <numerusform>{number} دقيقة</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger} و{smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>أقل من دقيقة</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>الآن</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>قبل {span}</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>لم يُفعَّل هذا الجهاز بعد.</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>في انتظار تأكيد الدفع.</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>يجري تفعيل هذا الجهاز لحسابك.</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>في انتظار فتح الرابط المرسل إلى بريدك.</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>في انتظار تأكيد الدفع. يمكنك العمل حتى {until}.</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>التفعيل سارٍ. كل شيء يعمل.</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>التفعيل سارٍ. تستمر فترتك التجريبية حتى {period}.</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>التفعيل سارٍ. يجب التحقق منه مجددًا قبل {until}.</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>التفعيل سارٍ حتى {period}، ثم ينتهي كما طلبت.</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>لم تنجح دفعتك الأخيرة. يمكنك المتابعة حتى {until}.</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>لم يُؤكَّد بعد التجديد المستحق في {period}. يمكنك المتابعة حتى {until}.</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>يحتاج اشتراكك إلى مراجعة. يمكنك المتابعة حتى {until}.</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>انتهى هذا التفعيل في {ended}.</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>انتهى هذا التفعيل.</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>انتهى هذا التفعيل في {ended} لأنه تعذّر التحقق منه.</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>انتهى هذا التفعيل في {ended} لأن دفعتك الأخيرة فشلت.</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>انتهى اشتراكك في {ended} كما طلبت.</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>أُلغي اشتراكك.</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>أُلغيت عملية شرائك.</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>توقف اشتراكك لعدم الدفع.</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>توقف اشتراكك لأن الدفعة الأخيرة لم تنجح.</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>رُدَّت دفعتك، ولذلك انتهى هذا التفعيل.</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>استُردَّت دفعتك عن طريق البنك، ولذلك انتهى هذا التفعيل.</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>اشتراكك متوقف مؤقتًا.</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>لم تكتمل دفعتك الأولى.</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>لم تكتمل دفعتك الأولى في الوقت المحدد.</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>لم يُدفع أي مبلغ لهذا الجهاز بعد.</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>في انتظار تأكيد الدفع من البنك.</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>عملية شرائك تخص منتجًا آخر.</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>أُزيل هذا الجهاز من حسابك.</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>بلغ اشتراكك الحد الأقصى لعدد الأجهزة.</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>لا يوجد اشتراك لهذا الجهاز حاليًا.</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>هذا التفعيل لجهاز آخر.</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>نُسخت هذه الملفات إلى هنا من مكان آخر.</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>وقّعت هذا التفعيل جهة لا يعرفها هذا البرنامج.</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>هذا التفعيل لمنتج آخر.</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>التفعيل المحفوظ تالف أو جرى تعديله.</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>بقي أقل من يوم: ينتهي الوقت بعد {span}.</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>بقي أقل من ساعة: ينتهي الوقت بعد {span}.</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>اختر خطة وتابع في المتصفح. إذا سبق أن دفعت، فاستعد مشترياتك أو استورد ملف ترخيص.</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>أكمل العملية في المتصفح. سيظهر تأكيد الدفع هنا تلقائيًا.</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>افتح الرسالة على أي جهاز، ثم افتح رابطها وأكّد.</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>ليس عليك فعل شيء، فلن يستغرق ذلك سوى بضع دقائق.</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>للاحتفاظ به، افتح «إدارة الفوترة» واستأنف الاشتراك.</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>ادفع الفاتورة المستحقة قبل ذلك الموعد، أو غيّر بطاقتك من «إدارة الفوترة».</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>اتصل بالإنترنت مرة واحدة قبل ذلك الموعد، وسيتم الباقي تلقائيًا.</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>اتصل بالإنترنت. سيُفعَّل هذا الجهاز بعد ذلك تلقائيًا.</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>افتح «إدارة الفوترة» لمعرفة المطلوب منك.</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>إذا كانت هناك فاتورة مستحقة فادفعها. وإذا كنت قد دفعت بالفعل فاستعد عملية الشراء.</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>قد يستغرق ذلك عدة أيام. سيُفعَّل هذا الجهاز تلقائيًا.</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>اتصل بالإنترنت مرة واحدة. إذا كان الاشتراك قد انتهى، فجدّده.</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>اشترك مجددًا للمتابعة.</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>اشترِه مجددًا للمتابعة.</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>ادفع الفاتورة المستحقة. سيُفعَّل هذا الجهاز بعد ذلك تلقائيًا.</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>افتح «إدارة الفوترة» واستأنف الاشتراك.</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>افتح «إدارة الفوترة» وأكمل الدفع.</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>لاستخدامه هنا مرة أخرى، استعد عملية الشراء.</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>أزل جهازًا لم تعد تستخدمه، ثم حدّث التفعيل.</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>حدّث التفعيل. إذا لم يُحل ذلك المشكلة، فأرسل معلومات التشخيص إلى {support}.</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>فريق دعم المورّد</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>الخطة</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>⁨{plan}⁩، بلا مقاعد</numerusform>
                <numerusform>⁨{plan}⁩، مقعد واحد</numerusform>
                <numerusform>⁨{plan}⁩، مقعدان</numerusform>
                <numerusform>⁨{plan}⁩، {number} مقاعد</numerusform>
                <numerusform>⁨{plan}⁩، {number} مقعدًا</numerusform>
                <numerusform>⁨{plan}⁩، {number} مقعد</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>الجهاز</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>التجديد القادم</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>الدفع</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>مرة واحدة، دون تجديد</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>يجب التحقق مجددًا قبل</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>ينتهي في</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>مدفوع حتى</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>يعمل دون اتصال حتى</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>يعمل حتى</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>كان يعمل حتى</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>آخر تحقق</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>التحقق القادم</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>ساعة هذا الكمبيوتر متأخرة. اضبطها، ولن يتأثر أي شيء آخر.</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>يختلف تاريخ خدمة الفوترة عن تاريخ هذا الكمبيوتر بأكثر من يوم. لا يلزمك تغيير أي شيء: سيُعاد التحقق من الترخيص تلقائيًا.</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>حلقة مفاتيح النظام مقفلة أو غير موجودة، ولذلك لا يمكن تجديد التفعيل. افتح قفلها، أو اختر حفظ المفاتيح في ملف.</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>يتعذر فتح بيانات الاعتماد المحفوظة. حدّث التفعيل، أو فعّل هذا الجهاز مجددًا.</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>تعذر الوصول إلى خدمة الفوترة. ستُعاد المحاولة تلقائيًا.</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>تعذر حفظ التفعيل. أفرغ بعض المساحة على القرص، أو تحقق من أذونات الكتابة في المجلد.</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>لم تنجح إحدى الدفعات. افتح «إدارة الفوترة» لمعالجة ذلك.</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>لن يُجدَّد الاشتراك.</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>بلغ هذا الاشتراك الحد الأقصى لعدد الأجهزة. أزل جهازًا لم تعد بحاجة إليه.</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>لم تُقبل آخر إجابة من خدمة الفوترة لأن توقيعها أو محتواها غير صحيح. ما كان صالحًا من قبل يبقى صالحًا. إذا استمر ذلك، فتواصل مع فريق الدعم.</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>رُفض آخر تحديث. {reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>لم تُقبل قائمة مفاتيح التوقيع من خدمة الفوترة. ما كان صالحًا من قبل يبقى صالحًا. إذا استمر ذلك، فتواصل مع فريق الدعم.</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>انتهت صلاحية قائمة مفاتيح التوقيع لدى المورّد. رخصتك ما زالت تعمل. إذا استمر ذلك، فتواصل مع فريق الدعم.</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>المتابعة في المتصفح</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>سبق أن دفعت</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>استخدام هذا الجهاز</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>استيراد ملف ترخيص</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>التفعيل دون اتصال</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>فتح المتصفح مجددًا</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>نسخ الرابط</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>إلغاء</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>تحديث التفعيل</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>دفع الفاتورة</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>إدارة الفوترة</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>إدارة الأجهزة</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>نسخ معلومات التشخيص</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>كل شيء على ما يرام.</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>هناك ما يحتاج إلى انتباهك.</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>لم يُفحص، لأن هناك ما يجب أن يعمل أولًا.</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>لم يصل رد في الوقت المحدد ({seconds} ث).</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>أعد الفحص لاحقًا. إذا لم يصل رد مجددًا، فأعد تشغيل هذا الكمبيوتر.</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>كانت النتيجة «⁨{code}⁩».</translation>
        </message>
        <message id="check.profile">
            <source>Profile</source>
            <translation>ملف التعريف</translation>
        </message>
        <message id="check.profile.ok">
            <source>{name} ({product})</source>
            <translation>⁨{name}⁩ (⁨{product}⁩)</translation>
        </message>
        <message id="check.files">
            <source>Files</source>
            <translation>الملفات</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>في ⁦{folder}⁩، ولا يصل إليها سواك.</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>يمكن لآخرين الوصول إلى: ⁦{files}⁩.</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>اجعل ⁦{folder}⁩ وما فيه متاحًا لك وحدك (⁦chmod -R go-rwx⁩).</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>هذه الملفات ملك لمستخدم آخر: ⁦{files}⁩.</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>اجعل ⁦{folder}⁩ وما فيه ملكًا لك وحدك (⁦chown, chmod -R go-rwx⁩).</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>تتعذر الكتابة في هذه الملفات: ⁦{files}⁩.</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>اسمح لنفسك بالكتابة في ⁦{folder}⁩ وما فيه (⁦chmod -R u+rw⁩).</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>يتعذر فحص هذه الملفات: ⁦{files}⁩.</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>تحقق من أذونات الوصول إلى ⁦{folder}⁩.</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>خدمة الخلفية</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>يستجيب الإصدار ⁦{version}⁩ (العملية {pid}).</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>الإصدار الذي يعمل هو ⁦{theirs}⁩، وهذا هو الإصدار ⁦{ours}⁩.</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>أوقفها، وسيبدأ الإصدار الصحيح تلقائيًا.</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>حلقة المفاتيح</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>المفاتيح متاحة.</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>يجري الاستعلام من حلقة المفاتيح.</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>التخزين</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>يمكن قراءة الملفات والكتابة فيها.</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>تعذر الحفظ في المرة الأخيرة.</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>أفرغ بعض المساحة على القرص، أو تحقق من أذونات الكتابة في المجلد.</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>الساعة</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>ساعة هذا الكمبيوتر مضبوطة.</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>ساعة هذا الكمبيوتر متأخرة عن الوقت المعروف.</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>اضبط تاريخ هذا الكمبيوتر ووقته.</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>الترخيص</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>سارٍ.</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>سارٍ لبعض الوقت: لم يُؤكَّد التجديد بعد.</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>لم يُؤكَّد الدفع بعد.</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>أكمل العملية في المتصفح، أو انتظر بضع دقائق.</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>لا يوجد ترخيص بعد.</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>فعّل هذا الجهاز.</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>انتهى.</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>اتصل بالإنترنت وحدّث التفعيل.</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>لا يوجد اشتراك له حاليًا.</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>افتح «نظرة عامة» لمعرفة السبب، أو حدّث التفعيل.</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>تالف أو معدَّل أو ليس لهذا الجهاز.</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>حدّث التفعيل، أو فعّل هذا الجهاز مجددًا.</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>آخر تحديث</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>قُبلت آخر إجابة من خدمة الفوترة.</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>لم تُسأل خدمة الفوترة بعد.</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>تعذّر الوصول إلى خدمة الفوترة. تُعاد المحاولة تلقائيًا.</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>لم تُقبل آخر إجابة من خدمة الفوترة ({code}). ما كان صالحًا من قبل يبقى صالحًا.</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>حدّث التفعيل. إذا استمر ذلك، فتواصل مع فريق الدعم.</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>وُقّعت آخر إجابة من خدمة الفوترة بمفتاح لا يعرفه هذا البرنامج. ما كان صالحًا من قبل يبقى صالحًا.</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>حدّث التفعيل. إذا استمر ذلك، فتواصل مع فريق الدعم: ربما غيّر المورّد مفاتيحه.</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>مفاتيح التوقيع</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>قائمة مفاتيح التوقيع لدى المورّد صالحة (الإصدار {version}).</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>تسري المفاتيح المرفقة بهذا البرنامج.</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>انتهت صلاحية قائمة مفاتيح التوقيع لدى المورّد (الإصدار {version}). رخصتك ما زالت تعمل.</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>تواصل مع فريق الدعم: على المورّد نشر قائمة جديدة.</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>لم تُقبل قائمة مفاتيح التوقيع من خدمة الفوترة ({code}). ما كان صالحًا من قبل يبقى صالحًا.</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>حاول مرة أخرى لاحقًا. إذا استمر ذلك، فتواصل مع فريق الدعم.</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>المتصفح</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>تُفتح الروابط في المتصفح.</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>لا توجد شاشة هنا، ولذلك تُعرض الروابط نصًا.</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>خدمة الفوترة</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>الخادم ⁦{host}⁩ يستجيب.</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>الخادم ⁦{host}⁩ يستجيب، لكنه لا يعمل كما ينبغي.</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>أعد المحاولة لاحقًا.</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>الاتصال الآمن</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>شهادة الخادم صالحة.</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>الخادم على هذا الكمبيوتر، ولا حاجة إلى اتصال آمن.</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>وقت الخدمة</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>يطابق وقت هذا الكمبيوتر.</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>يختلف عن وقت هذا الكمبيوتر بمقدار {minutes} د.</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>حدّث التفعيل.</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>اكتملت العملية</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>ما تغيّر يظهر في نافذة ⁨{product}⁩. يمكنك إغلاق علامة التبويب هذه.</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>لا يوجد شيء هنا.</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>هذا الكمبيوتر لا يتصل بالإنترنت</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>امسح هذا الرمز بهاتف واتبع الخطوات المعروضة عليه. في النهاية يعرض الهاتف رمز تفعيل لتكتبه هنا.</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>رمز QR فيه طلب هذا الكمبيوتر</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>جارٍ إنشاء الطلب…</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>إنشاء الطلب مجددًا</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>حفظ الطلب في ملف</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>ملفات نصية (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>حُفظ باسم ⁦{name}⁩. سلّمه في ⁦{page}⁩ على كمبيوتر متصل بالشبكة، لتحصل على ملف ترخيص أو رمز تفعيل.</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>رمز التفعيل</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>تفعيل</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>جارٍ فحص رمز التفعيل…</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>قُبل رمز التفعيل.</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>لا فرق بين الأحرف الكبيرة والصغيرة، ولا أثر للمسافات والشرطات. تظهر المجموعة الخاطئة فورًا.</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>المجموعات المكتوبة: {done}. كلها صحيحة حتى الآن.</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>المجموعات المكتوبة: {done} من {all}. كلها صحيحة حتى الآن.</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>المجموعة {group} غير صحيحة: ⁦{text}⁩. قارنها بالرمز المعروض.</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>لا يرد «⁦{text}⁩» في أي رمز تفعيل.</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>عدد مجموعات الرمز {all} فقط. تحقق مما إذا كُتبت إحداها مرتين.</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>الرمز مكتمل.</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>هذا ترخيص، ويمكن استيراده كما هو.</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>سبق دفع ثمن هذا.</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>حدّث التفعيل. لتغيير الاشتراك أو دفع فاتورة مستحقة، استخدم «إدارة الفوترة».</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>بلغ اشتراكك الحد الأقصى لعدد الأجهزة.</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>أزل جهازًا لم تعد تستخدمه، ثم أعد المحاولة.</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>جرى تبديل الأجهزة مرات كثيرة خلال آخر ٣٠ يومًا.</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>أعد المحاولة بعد بضعة أيام، أو تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>لا يمكن الشراء حاليًا.</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>أعد المحاولة لاحقًا، أو تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>لم تعد خدمة الفوترة تقبل هذا الجهاز.</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>استعد عملية الشراء لتوصيل هذا الجهاز مرة أخرى.</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>لا تعرف خدمة الفوترة هذا الجهاز.</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>إذا كنت قد دفعت بالفعل فاستعد عملية الشراء. وإلا فاختر خطة.</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>تكرر هذا الطلب كثيرًا خلال وقت قصير.</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>أعد المحاولة بعد دقيقة.</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>هذا يُباع لمنتج آخر.</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>اختر خطة لهذا البرنامج. إذا رُفضت هي أيضًا، فتواصل مع الدعم.</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>لم يُشترَ شيء بهذا بعد.</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>اختر خطة وتابع في المتصفح.</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>لا تسمح خدمة الفوترة بذلك.</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>لا يمكن لحسابك البيع بعد: فهو غير متصل بـ Stripe.</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>اربطه حيث تدير حسابك.</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>هذا غير موجود لدى خدمة الفوترة، أو لم يعد موجودًا.</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>يتعارض هذا مع ما لدى خدمة الفوترة.</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>حدّث التفعيل، ثم أعد المحاولة.</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>رفضت خدمة الفوترة ذلك.</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>أعد المحاولة لاحقًا، أو تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>لم يُفهم هذا الطلب.</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>لا تقدّم خدمة الفوترة هذه الإمكانية.</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>لا يمكن لخدمة الفوترة الرد على هذا البرنامج.</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>لا يمكن لخدمة الفوترة قراءة طلب هذا البرنامج.</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>تعذر الوصول إلى خدمة الفوترة.</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>تحقق من الاتصال بالإنترنت.</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>لم تستجب خدمة الفوترة في الوقت المحدد.</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>تحقق من الاتصال بالإنترنت، أو أعد المحاولة لاحقًا.</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>يتعذر إنشاء اتصال آمن بخدمة الفوترة.</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>قد تطلب منك هذه الشبكة تسجيل الدخول أولاً: افتح متصفحًا. إذا لم يفد ذلك، فاتصل بالدعم.</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>لا يثق هذا الكمبيوتر بالشهادة التي وردت باسم {host}. جهة الإصدار: {issuer}.</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>في شبكات الشركات قد يفحص الوكيل الاتصالات الآمنة. اطلب من المسؤول إضافة جهة الإصدار هذه إلى هذا الكمبيوتر، أو عيّن شهادتها في SSL_CERT_FILE.</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>انتهت صلاحية شهادة {host}.</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>إذا كان تاريخ هذا الكمبيوتر صحيحًا، فاتصل بالدعم: لا يمكن تجديدها إلا من قِبل المورّد.</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>وفقًا لساعة هذا الكمبيوتر، لم تصبح شهادة {host} صالحة بعد.</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>اضبط تاريخ هذا الكمبيوتر ووقته، ثم حاول مرة أخرى.</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>الخادم الذي أجاب باسم {host} لديه شهادة لعنوان آخر.</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>قد تطلب منك هذه الشبكة تسجيل الدخول أولاً: افتح متصفحًا. إذا لم يفد ذلك، فاتصل بالدعم.</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>تتعذر قراءة الشهادات الموثوقة في {file}.</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>يشير SSL_CERT_FILE أو SSL_CERT_DIR إلى هذا الموضع. صحّح الإعداد أو أزله.</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>لا يحتوي {file} على شهادات صالحة.</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>يشير SSL_CERT_FILE إلى هذا الملف. استبدل به ملف PEM يحتوي على شهادات، أو أزل الإعداد.</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>يتعذر الاتصال عبر الوكيل.</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>تحقق من عنوان الوكيل في الإعدادات أو في HTTPS_PROXY.</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>يتعذر العثور على الوكيل {proxy}.</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>تحقق من الاسم في الإعدادات أو في HTTPS_PROXY، ومن اتصالك بشبكة الشركة.</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>يتطلب الوكيل اسم مستخدم وكلمة مرور.</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>أضفهما إلى عنوان الوكيل، مثل http://name:password@proxy:3128.</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>هذا عنوان ملف تكوين تلقائي للوكيل (PAC)، وهو غير مدعوم.</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>أدخل عنوان الوكيل نفسه، مثل http://proxy:3128. يعرف المسؤول عنوانه.</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>يحتوي اسم مستخدم الوكيل أو كلمة مروره على أحرف يجب ترميزها.</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>اكتب / بالصيغة %2F و? بالصيغة %3F و# بالصيغة %23 و@ بالصيغة %40.</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>عنوان الوكيل غير صالح.</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>أدخل عنوانًا مثل http://proxy:3128.</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>استجابت جهة أخرى بدلًا من خدمة الفوترة.</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>افتح متصفحًا، فقد تطلب هذه الشبكة تسجيل الدخول أولًا.</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>لدى خدمة الفوترة مشكلة داخلية.</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>أعد المحاولة لاحقًا.</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>لدى خدمة الفوترة مشكلة داخلية.</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>أعد المحاولة لاحقًا.</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>لم تستجب خدمة الدفع.</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>أعد المحاولة بعد بضع دقائق.</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>خدمة الفوترة غير جاهزة.</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>أعد المحاولة بعد بضع دقائق.</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>رد خدمة الفوترة غير موقّع، ولذلك لا يُعتد به.</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>أعد المحاولة لاحقًا، أو تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>أحد أجزاء هذا البرنامج لا يعمل.</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>أعد تثبيت البرنامج.</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>تتعذر قراءة هذا: إما أنه تالف أو من نوع آخر.</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>احصل عليه مجددًا من مصدره.</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>الحجم كبير جدًا.</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>لا يوجد ملف باسم ⁦{file}⁩.</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>لم تُصدَر معلومات التشخيص لأن ⁦{file}⁩ ما زال يحتوي على معلومات سرية.</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>أبلغ فريق دعم المورّد بما حدث.</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>هذا ليس ملف ترخيص، فحجمه كبير جدًا.</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>تتعذر قراءة هذا الملف.</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>هذا مستند من نوع آخر.</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>اختر ملف الترخيص الذي حصلت عليه.</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>التوقيع غير مطابق: المحتوى تالف أو جرى تعديله.</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>احصل عليه مجددًا من مصدره.</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>وقّعت هذا جهة لا يعرفها هذا البرنامج.</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>تأكد من أنه لهذا البرنامج، أو تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>طريقة التوقيع هذه غير مقبولة هنا.</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>يتطلب هذا إجراءً غير مدعوم.</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>ينتهي هذا قبل أن يبدأ.</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>مدة الصلاحية المذكورة هنا أطول من المسموح به.</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>هذا رد على طلب آخر.</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>أعد المحاولة.</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>يوجد هنا ترخيص أحدث.</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>اختر أحدث ملف ترخيص.</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>صدر هذا المستند في المستقبل.</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>إذا كان تاريخ هذا الحاسوب صحيحًا، فتواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>تتضمن قائمة مفاتيح التوقيع هذه مفتاحًا جذريًا، لذلك لا تُقبل.</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>قُبلت من قبل قائمة أخرى لمفاتيح التوقيع بهذا الإصدار.</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>قائمة مفاتيح التوقيع غير موجودة على هذا الجهاز.</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>حدّث التفعيل.</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>هذا لمنتج آخر.</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>اختر ملف ترخيص هذا البرنامج.</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>هذا لجهاز آخر.</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>أنشئ ملف طلب على هذا الجهاز، ثم احصل على ملف ترخيص له.</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>نُسخت هذه الملفات إلى هنا من مكان آخر.</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>فعّل هذا الجهاز.</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>المجموعة {group} من رمز التفعيل غير صحيحة.</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>قارنها بالرمز المعروض.</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>رمز التفعيل غير مكتمل.</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>اكتب كل مجموعاته.</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>لا يعرف هذا البرنامج هذا النوع من رموز التفعيل.</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>ابحث عن إصدار أحدث من هذا البرنامج.</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>رمز التفعيل هذا ليس لهذا الكمبيوتر، أو أنه رد على طلب سابق.</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>امسح الصورة التي يعرضها هذا الكمبيوتر الآن، وخذ رمز التفعيل من هناك.</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>رمز التفعيل رد على طلب، ولم ينشئ هذا الكمبيوتر أي طلب.</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>اعرض الطلب على هذا الكمبيوتر أولًا، ثم خذ رمز التفعيل من هناك.</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>ليس لهذا الترخيص رمز تفعيل.</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>استخدم ملف الترخيص.</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>لم يُسجَّل الدخول إلى خدمة الفوترة.</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>سجّل الدخول أولًا.</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>لم يعد الدخول إلى خدمة الفوترة مسجلًا.</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>سجّل الدخول مجددًا. ما دفعت ثمنه يستمر في العمل.</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>لم يُسجَّل الدخول: رُفض ذلك في المتصفح.</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>سجّل الدخول مجددًا إن لم يكن ذلك مقصودًا.</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>لم يُسجَّل الدخول خلال عشر دقائق.</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>سجّل الدخول مجددًا.</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>لم ينجح تسجيل الدخول.</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>أعد المحاولة.</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>لا يوجد مكان لتسجيل الدخول بهذا البرنامج.</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>اطلب من المورّد ملف تعريف جديدًا.</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>لا تحتاج إلى تسجيل الدخول لاستخدام هذا البرنامج.</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>ادفع أو استعد مشترياتك لتفعيل هذا الجهاز.</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>لا يمكن اختيار عدد المقاعد في خدمة الفوترة هذه.</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>احذف ‎--seats.</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>لا توجد وحدات للاختيار منها في خدمة الفوترة هذه.</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>احذف ‎--modules.</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>لا يمكن اختيار فترة الدفع في خدمة الفوترة هذه.</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>احذف ‎--period.</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>لا تعرض خدمة الفوترة هذه فواتيرها هنا.</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>اطلبها من فريق دعم المورّد.</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>ليس لدى خدمة الفوترة هذه صفحة لإدارة الفوترة.</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>تواصل مع فريق دعم المورّد.</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>لا ترسل خدمة الفوترة هذه روابط بالبريد.</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>سجّل الدخول إلى الحساب الذي دفع، واستخدم هذا الجهاز معه.</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>هذا الجهاز غير مفعّل.</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>فعّله أولًا.</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>حلقة مفاتيح النظام مقفلة.</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>افتح قفلها، أو اختر حفظ المفاتيح في ملف (⁦KEYSTEAD_SECRETS=file⁩).</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>لا توجد حلقة مفاتيح على هذا النظام.</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>أعدّ حلقة مفاتيح، أو اختر حفظ المفاتيح في ملف (⁦KEYSTEAD_SECRETS=file⁩).</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>حلقة مفاتيح النظام لا تعمل.</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>أصلحها، أو اختر حفظ المفاتيح في ملف (⁦KEYSTEAD_SECRETS=file⁩).</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>لم تستجب حلقة مفاتيح النظام في الوقت المحدد.</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>تحقق مما إذا كانت تطلب كلمة السر في نافذة أخرى.</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>لم يعد مفتاح هذا الجهاز موجودًا في حلقة المفاتيح.</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>استخدم «سبق أن دفعت» لربط هذا الجهاز مجددًا.</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>يتعذر فتح بيانات الاعتماد المحفوظة.</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>استخدم «سبق أن دفعت» لربط هذا الجهاز مجددًا.</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>تعذر حفظ ⁦{file}⁩: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>أفرغ بعض المساحة على القرص، أو تحقق من أذونات الكتابة في المجلد.</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>تعذر حفظ التغيير على هذا الجهاز.</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>أفرغ بعض المساحة على القرص، ثم أعد المحاولة.</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>تعذرت قراءة ⁦{file}⁩: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>تحقق من أذونات قراءته.</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>تعذر على خدمة الخلفية بدء استقبال الاتصالات: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>تحقق من مالك المجلد وأذونات الكتابة فيه.</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>لا يمكن استخدام هذا.</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>هذا ليس مفتاح Ed25519 عامًا.</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>هذه ليست مجموعة مفاتيح Ed25519 عامة.</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>لا يمكن استخدام ملف التعريف: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>اطلب من المورّد ملف تعريف جديدًا.</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>لم يُعثر على ملف تعريف، ولذلك لا يُعرف المنتج المقصود.</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>حدّد الملف المرفق بالبرنامج: ⁦--profile FILE⁩ أو ⁦KEYSTEAD_PROFILE=FILE⁩.</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>تعذرت قراءة ملف التعريف ⁦{file}⁩: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>تحقق من المسار المحدد في ⁦--profile⁩ أو ⁦KEYSTEAD_PROFILE⁩.</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>الملف ⁦{file}⁩ ليس ملف تعريف.</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>اطلب من المورّد ملفًا جديدًا.</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>تتعذر قراءة الإعدادات في ⁦{file}⁩.</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>صحّح الملف أو أزله.</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>لا يمكن أن تكون للإعداد «⁨{setting}⁩» هذه القيمة.</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>لا تعمل خدمة الخلفية على هذا النظام بعد.</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>تحتاج التجربة إلى خادم خلفي على هذا الكمبيوتر، مثل ⁦keystead-stub⁩.</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>يعمل البرنامج الخفي لهذا المجلد الرئيسي بالفعل.</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>أوقفه أولًا.</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>خدمة الخلفية لا تستجيب.</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>أعد المحاولة، وستبدأ الخدمة إن لم تكن تعمل.</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>يجيب برنامج لمستخدم آخر بدلاً من خدمة الخلفية. لم يُرسَل إليه أي شيء.</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>اسأل مسؤول هذا الكمبيوتر عن سبب استخدام {folder}.</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>يمكن لمستخدمين آخرين تغيير {folder}، لذا فهو غير آمن لخدمة الخلفية.</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>تأكد من أنك وحدك تستطيع الكتابة فيه، أو اسأل المسؤول.</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>توقفت خدمة الخلفية أثناء الانتظار.</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>لم يُفقد شيء. لمعرفة الحالة: ⁦{command} status⁩</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>تعمل خدمة الخلفية بإعدادات {product} مختلفة عن إعدادات هذا البرنامج.</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>حدِّث جميع برامج {product}، ثم سجِّل الخروج من هذا الكمبيوتر وسجِّل الدخول مرة أخرى.</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>خدمة الخلفية غير مثبّتة.</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>ثبّتها: ⁦pip install "keystead[daemon]"⁩</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>تعذر بدء خدمة الخلفية: ⁨{why}⁩.</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>شغّل ⁦`{command} doctor`⁩ لمعرفة السبب.</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>بدأت خدمة الخلفية لكنها لم تستجب في الوقت المحدد ({seconds} ث).</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>شغّل ⁦`{command} doctor`⁩ لمعرفة السبب.</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>خدمة الخلفية في طور الإنهاء.</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>أعد المحاولة.</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>رفضت خدمة الخلفية ذلك.</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>تتعذر قراءة رد خدمة الخلفية.</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>أوقفها، وسيبدأ الإصدار الصحيح تلقائيًا.</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>تعذر على خدمة الخلفية قراءة هذا.</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>لا تعرف خدمة الخلفية هذا الطلب بهذه الصيغة.</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>أوقفها، وسيبدأ الإصدار الصحيح تلقائيًا.</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>لا تعرف خدمة الخلفية هذا الطلب.</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>أوقفها، وسيبدأ الإصدار الصحيح تلقائيًا.</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>لا تعرف خدمة الخلفية هذا الفحص.</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>أوقفها، وسيبدأ الإصدار الصحيح تلقائيًا.</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>حدث خطأ ما.</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>ملاحظة:</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>عنوان البريد الإلكتروني الذي دفعت به:</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>لمعرفة الحالة: ⁦{command} status⁩</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>تظهر النتيجة على هذا الجهاز تلقائيًا. لمعرفة الحالة: ⁦{command} status⁩</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>في انتظار الدفع… {elapsed}   (Ctrl-C: إيقاف الانتظار)</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>في انتظار فتح الرابط… {elapsed}   (Ctrl-C: إيقاف الانتظار)</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>في انتظار تسجيل الدخول… {elapsed}   (Ctrl-C: إيقاف الانتظار)</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>يجري الاستعلام من خدمة الفوترة…</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>ادفع هنا من أي جهاز:</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>ادفع في الصفحة التي أعطاك المورّد رابطها.</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>تابع في المتصفح:</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>افتح هذا الرابط في متصفح:</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>تبقى صفحة الدفع مفتوحة، وتظهر النتيجة على هذا الجهاز تلقائيًا بعد الدفع.</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>الخطة أو عنوان البريد الإلكتروني غير صحيح.</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>لعرض الخطط: ⁦{command} plans⁩</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>فُتحت في المتصفح:</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>إدارة الفوترة هنا:</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>إذا سبق الدفع بهذا العنوان، فستصل إليه رسالة فيها رابط. افتحه على أي جهاز.</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>تظهر النتيجة على هذا الجهاز تلقائيًا بعد فتح الرابط.</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>هذا ليس عنوان بريد إلكتروني.</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>سجّل الدخول هنا، في متصفح على هذا الكمبيوتر:</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>سجّل الدخول في المتصفح:</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>افتح هذا الرابط في متصفح على هذا الكمبيوتر وسجّل الدخول:</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>ثم تابع باستخدام: ⁦{command} activate⁩</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>تبقى صفحة تسجيل الدخول مفتوحة لبضع دقائق.</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>سُجّل الخروج من هذا الجهاز.</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>هل تريد إخلاء مكان هذا الجهاز؟ سيتوقف العمل هنا. [y/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>y yes نعم</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>لم يتغير شيء.</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>الجهاز</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>المعرّف</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>التفعيل</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>آخر ظهور</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>أبدًا</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name} (هذا الجهاز)</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>أُزيل الجهاز ⁨{name}⁩.</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>لا يوجد أي جهاز قيد الاستخدام من أصل {limit}.</numerusform>
                <numerusform>جهاز واحد من أصل {limit} قيد الاستخدام.</numerusform>
                <numerusform>جهازان من أصل {limit} قيد الاستخدام.</numerusform>
                <numerusform>{number} أجهزة من أصل {limit} قيد الاستخدام.</numerusform>
                <numerusform>{number} جهازًا من أصل {limit} قيد الاستخدام.</numerusform>
                <numerusform>{number} جهاز من أصل {limit} قيد الاستخدام.</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>يبدأ معرّف أكثر من جهاز بهذا.</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>لا يوجد جهاز بهذا المعرّف.</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>لعرض الأجهزة: ⁦{command} devices⁩</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>الخطة</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>الاسم</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>السعر</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>الفترة</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>المقاعد</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>الوحدات</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>الميزات</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>{price} لكل مقعد</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>{price} لكل وحدة</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>من {least} إلى {most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>شهري</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>سنوي</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>مرة واحدة</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>حسب الاستخدام</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>الفاتورة</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>التاريخ</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>المبلغ</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>الحالة</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>رابط الدفع</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>لا توجد فواتير بعد.</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>قيد الإعداد</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>مستحقة</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>متأخرة</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>مدفوعة</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>مستردة</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>متنازع عليها</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>تعذر تحصيلها</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>ملغاة</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>لا يوجد شيء للدفع.</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>لا توجد فاتورة بهذا الرقم.</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>اعرض الفواتير بالأمر: {command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>تبقى صفحة الفاتورة مفتوحة؛ ادفعها متى شئت.</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name}: {state}.</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>كُتب الملف: ⁦{name}⁩</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>افتح هذا العنوان على هاتف أو كمبيوتر آخر، أو امسح الصورة:</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>سلّم هذا الملف في صفحة الفوترة، ثم استورد ما تحصل عليه: ⁦{command} import FILE⁩</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>هذا ليس ملف ترخيص.</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>هذا ليس اسم ملف.</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>حُفظ الملف: ⁦{name}⁩</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>لا يحتوي على أي رمز وصول أو مفتاح أو عنوان بريد إلكتروني. راجعه قبل إرساله.</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>فتح ⁨{product}⁩</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>إنهاء</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>يستمر ⁨{product}⁩ في علبة النظام</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>ستصلك الإشعارات هنا عندما يلزم فعل شيء. لإنهائه، اختر «إنهاء» من قائمة أيقونته.</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>لا توجد علبة نظام للأيقونات على سطح المكتب هذا.</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>صغّر النافذة ليستمر البرنامج في العمل، فإغلاقها ينهي البرنامج.</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>⁨{product}⁩: لم يُؤكَّد التجديد بعد</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>⁨{product}⁩: لم تنجح إحدى الدفعات</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>⁨{product}⁩: بقي أقل من يوم</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>⁨{product}⁩: بقي أقل من ساعة</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>⁨{product}⁩: انتهى التفعيل</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>⁨{product}⁩: أُزيل هذا الجهاز</translation>
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
            <translation>يجري التحقق من تفعيلك…</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>خدمة الخلفية لا تعمل.</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>تتولى هذه الخدمة تفعيلك: تجدّده وتُعلم هذه النافذة به. ما دفعت ثمنه لم يُفقد.</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>جارٍ بدؤها…</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>إعادة المحاولة</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>الحالة السابقة: {headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>خدمة الخلفية لا تستجيب. تجري محاولة الاتصال بها مجددًا، وقد يكون المعروض قديمًا.</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>لم يُعدَّ هذا البرنامج.</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>اختر خطة</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>تدفع في متصفحك. وعند عودتك، يكون هذا الجهاز قد فُعّل تلقائيًا.</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>جارٍ جلب الخطط…</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>لا توجد خطط معروضة للبيع حاليًا.</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>جلب الخطط مجددًا</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>الدفع</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>شهري</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>سنوي</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>مرة واحدة</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>المقاعد</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>إنقاص مقعد</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>إضافة مقعد</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{price} {per}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>{price} لكل مقعد {per}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>شهريًا</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>سنويًا</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>مرة واحدة</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>لكل فترة</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>الإجمالي {price} {per}، قبل الضرائب والخصومات.</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>⁨{name}⁩، {price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>يشمل: {features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>الوحدات</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>{price} لكل وحدة {per}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>حسب الاستخدام</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>شهريًا</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>تسجيل الدخول</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>سجّل الدخول أولًا</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>تحتاج خدمة الفوترة إلى معرفة المشتري. سجّل الدخول في المتصفح، ثم تابع هنا.</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>في انتظار تسجيل دخولك في المتصفح…</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>تسجيل الخروج</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>يجري تفعيل هذا الجهاز…</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>خدمة الفوترة</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>رجوع</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>جارٍ فتح متصفحك…</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>مدة الانتظار {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>في الانتظار</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>تبقى الصفحة مفتوحة حتى {until}.</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>أو ادفع من هاتف: وجّه كاميرته إلى هذا الرمز.</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>رمز QR يحمل عنوان صفحة الدفع</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>سبق أن دفعت</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>أدخل عنوان البريد الإلكتروني الذي دفعت به. ستصلك رسالة فيها رابط، افتحه على أي جهاز ليُفعَّل هذا الجهاز.</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>عنوان البريد الإلكتروني</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>إرسال الرابط</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>جارٍ طلب الرسالة…</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>هذا ليس عنوان بريد إلكتروني.</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>أجهزتك</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>المستخدَم {count} من أصل {limit}. يتوقف العمل على الجهاز الذي تزيله.</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>جارٍ جلب أجهزتك…</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>هذا الجهاز</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>جهاز بلا اسم</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>آخر ظهور: {when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>لم يظهر بعد</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>إزالة</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>إزالة ⁨{name}⁩</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>هل تريد إزالة {name}؟</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>سيتوقف العمل هناك، ويصبح مكانه متاحًا لجهاز آخر.</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>إزالة الجهاز</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>الإبقاء عليه</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>جارٍ الإزالة…</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>الصفحات</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>نظرة عامة</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>الأجهزة</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>الفوترة</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>التشخيص</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>الإعدادات</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>الآن</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>مدفوع لمدة {span}</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>سماح لمدة {span}</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label}: {when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>الفواتير</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>جارٍ جلب فواتيرك…</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>لا توجد فواتير بعد.</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>جلب الفواتير مجددًا</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>تغيير البطاقة</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>كل الفواتير والإيصالات</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>إلغاء الاشتراك</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>فاتورة</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>⁨{name}⁩، {when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>دفع</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>دفع ⁨{name}⁩</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>مدفوعة</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>مستردة</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>متنازع عليها</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>مستحقة</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>متأخرة</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>قيد الإعداد</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>ملغاة</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>تعذر تحصيلها</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>غير معروفة</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>يجري الفحص بندًا بعد بند…</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>أُوقف الفحص قبل اكتماله.</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>إعادة الفحص</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>إيقاف الفحص</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>في الانتظار</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>قيد الفحص</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>سليم</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>يحتاج إلى انتباه</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>لم يُفحص</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>حفظ لفريق الدعم</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>حفظ معلومات التشخيص</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>أرشيفات ZIP (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>جارٍ حفظ معلومات التشخيص…</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>حُفظت باسم ⁦{name}⁩. لا تحتوي على أي رمز وصول أو مفتاح أو عنوان بريد إلكتروني.</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>اللغة</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>المظهر</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>في الخلفية</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>البدء عند تسجيل الدخول</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>يعمل البرنامج من البداية، ونافذته بعيدة عن طريقك.</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>الإشعارات</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>تُخبَر مرة واحدة بكل أمر يحتاج إليك. ولا تُخبَر أبدًا بتجديد ناجح.</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>الخادم الوكيل</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>مثل النظام</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>مثل النظام</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>فاتح</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>داكن</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>مثل النظام</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>بلا</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>يدوي</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>عنوان الخادم الوكيل</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>استخدام هذا الخادم</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>هذا ليس عنوان خادم وكيل. مثال: ⁦http://proxy:3128⁩</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>جارٍ التحقق لدى خدمة الفوترة…</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>جارٍ فتح «إدارة الفوترة»…</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>جارٍ قراءة ملف الترخيص…</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>استيراد ملف ترخيص</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>ملفات الترخيص (*.jws *.lic *.txt);;كل الملفات (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>استُورد ملف الترخيص.</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>جارٍ جمع معلومات التشخيص…</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>نُسخت معلومات التشخيص إلى الحافظة. لا تحتوي على أي معلومات سرية.</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>نُسخ الرابط إلى الحافظة.</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>تعذر فتح متصفحك. افتح هذا العنوان بنفسك:</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>العنوان</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>العنوان الذي قدّمته خدمة الفوترة ليس صفحة ويب، ولذلك لم يُفتح.</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>التفاصيل</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>إغلاق</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>كل شيء على ما يرام</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>في الانتظار</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>يحتاج إلى انتباهك</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>غير قابل للاستخدام</translation>
        </message>
    </context>
</TS>
