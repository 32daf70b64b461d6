<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="ja" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>サインインしています。</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>{subject}としてサインインしています。</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>{account}の{subject}としてサインインしています。</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>このデバイスでは誰もサインインしていません。</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>カード</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>{brand}（末尾 {last4}）</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>サインインしました。</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>サインインしていません。</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>このページを閉じて、元の画面に戻ってください。</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date} {time}</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>{number}日</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>{number}時間</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>{number}分</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger}{smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>1分未満</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>たった今</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>{span}前</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>このデバイスはまだアクティベートされていません。</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>お支払いの確認を待っています。</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>このデバイスをアカウント用にアクティベートしています。</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>メール内のリンクが開かれるのを待っています。</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>お支払いの確認を待っています。{until}まで使用できます。</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>有効です。すべて問題なく使用できます。</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>有効です。トライアルは{period}まで続きます。</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>有効です。{until}までに再確認が必要です。</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>{period}まで有効です。ご希望どおり、その時点で終了します。</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>前回のお支払いが完了しませんでした。{until}までは引き続き使用できます。</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>{period}の更新がまだ確認されていません。{until}までは引き続き使用できます。</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>サブスクリプションの確認が必要です。{until}までは引き続き使用できます。</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>このアクティベーションは{ended}に終了しました。</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>このアクティベーションは終了しました。</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>確認できなかったため、このアクティベーションは{ended}に終了しました。</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>最後のお支払いが失敗したため、このアクティベーションは {ended} に終了しました。</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>ご希望どおり、サブスクリプションは{ended}に終了しました。</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>サブスクリプションは解約されました。</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>ご購入は取り消されました。</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>お支払いがなかったため、サブスクリプションは停止しました。</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>前回のお支払いが完了しなかったため、サブスクリプションは停止しました。</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>お支払いが返金されたため、このアクティベーションは終了しました。</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>お支払いが銀行を通じて取り消されたため、このアクティベーションは終了しました。</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>サブスクリプションは一時停止中です。</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>初回のお支払いが完了していません。</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>初回のお支払いが期限内に完了しませんでした。</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>このデバイスのお支払いはまだありません。</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>銀行による支払いの確認を待っています。</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>ご購入いただいたのは別の製品です。</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>このデバイスはアカウントから削除されました。</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>サブスクリプションは、使用できる台数の上限に達しています。</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>現在、このデバイスにはサブスクリプションがありません。</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>このアクティベーションは別のデバイスのものです。</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>これらのファイルは別の場所からコピーされたものです。</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>このアクティベーションの署名者は、このプログラムでは確認できません。</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>このアクティベーションは別の製品のものです。</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>保存されたアクティベーションが破損しているか、変更されています。</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>残り1日を切りました：あと{span}です。</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>残り1時間を切りました：あと{span}です。</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>プランを選び、ブラウザで続けてください。お支払い済みの場合は、購入を復元するか、ライセンスファイルを読み込んでください。</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>ブラウザで手続きを完了してください。お支払いが確認されると、自動的に反映されます。</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>いずれかのデバイスでメールを開き、リンク先で確認してください。</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>操作は必要ありません。数分以内に完了します。</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>継続するには、「お支払いの管理」を開いて再開してください。</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>それまでに未払いの請求書を支払うか、「お支払いの管理」でカードを変更してください。</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>それまでに一度インターネットに接続してください。あとは自動的に行われます。</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>インターネットに接続してください。その後、このデバイスは自動的にアクティベートされます。</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>「お支払いの管理」を開き、必要な手続きを確認してください。</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>未払いの請求書がある場合はお支払いください。お支払い済みの場合は、購入を復元してください。</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>数日かかることがあります。このデバイスは自動的にアクティベートされます。</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>一度インターネットに接続してください。サブスクリプションが終了している場合は、更新してください。</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>引き続き使用するには、もう一度サブスクリプションに登録してください。</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>引き続き使用するには、もう一度ご購入ください。</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>未払いの請求書をお支払いください。その後、このデバイスは自動的にアクティベートされます。</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>「お支払いの管理」を開いて再開してください。</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>「お支払いの管理」を開いてお支払いを完了してください。</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>ここで再び使用するには、購入を復元してください。</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>使わなくなったデバイスを削除してから、再確認してください。</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>アクティベーションを再確認してください。解決しない場合は、診断情報を{support}に送ってください。</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>販売元のサポート</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>プラン</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>{plan}、{number}シート</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>デバイス</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>次回の更新</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>お支払い</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>1回限り、更新なし</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>再確認の期限</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>終了日</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>支払い済み期限</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>オフライン使用期限</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>使用期限</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>使用終了</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>前回の確認</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>次回の確認</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>このコンピュータの時計が遅れています。正しい時刻に合わせてください。ほかに影響はありません。</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>請求サービスの日付が、このコンピュータの日付と 1 日以上ずれています。変更は必要ありません。ライセンスは自動的に再確認されます。</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>システムのキーリングがロックされているか存在しないため、アクティベーションを更新できません。ロックを解除するか、鍵をファイルに保存するよう設定してください。</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>保存された資格情報を開けません。再確認するか、このデバイスをもう一度アクティベートしてください。</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>請求サービスに接続できませんでした。自動的に再試行します。</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>アクティベーションを保存できませんでした。ディスクの空き容量を増やすか、フォルダの書き込み権限を確認してください。</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>お支払いが完了しませんでした。「お支払いの管理」を開いて確認してください。</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>サブスクリプションは更新されません。</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>このサブスクリプションの台数の上限に達しています。不要になったデバイスを削除してください。</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>請求サービスからの最新の応答は、署名または内容が正しくないため受け入れられませんでした。これまで有効だったものは引き続き有効です。この状態が続く場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>前回の再確認は拒否されました。{reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>請求サービスの署名鍵の一覧は受け入れられませんでした。これまで有効だったものは引き続き有効です。この状態が続く場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>販売元の署名鍵の一覧の有効期限が切れています。ライセンスは引き続き有効です。この状態が続く場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>ブラウザで続ける</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>支払い済みの方</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>このデバイスを使う</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>ライセンスファイルを読み込む</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>オフラインで有効化</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>ブラウザをもう一度開く</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>リンクをコピー</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>キャンセル</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>アクティベーションを再確認</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>請求書を支払う</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>お支払いの管理</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>デバイスの管理</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>診断情報をコピー</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>すべて正常です。</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>対応が必要な項目があります。</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>先に解決が必要な項目があるため、確認していません。</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>時間内に応答がありませんでした（{seconds}秒）。</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>あとでもう一度確認してください。再び応答がない場合は、このコンピュータを再起動してください。</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>「{code}」と報告されました。</translation>
        </message>
        <message id="check.profile">
            <source>Profile</source>
            <translation>プロファイル</translation>
        </message>
        <message id="check.profile.ok">
            <source>{name} ({product})</source>
            <translation>{name}（{product}）</translation>
        </message>
        <message id="check.files">
            <source>Files</source>
            <translation>ファイル</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>{folder}にあり、ほかの人はアクセスできません。</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>ほかの人がアクセスできます：{files}</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>{folder}とその中身に自分だけがアクセスできるようにしてください（chmod -R go-rwx）。</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>次のファイルは別のユーザーが所有しています：{files}</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>{folder}とその中身の所有者を自分だけにしてください（chown、chmod -R go-rwx）。</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>次のファイルに書き込めません：{files}</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>{folder}とその中身に自分が書き込めるようにしてください（chmod -R u+rw）。</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>次のファイルを確認できません：{files}</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>{folder}のアクセス権限を確認してください。</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>バックグラウンドサービス</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>バージョン{version}が応答しています（プロセス{pid}）。</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>実行中のバージョンは{theirs}ですが、こちらはバージョン{ours}です。</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>停止してください。正しいバージョンが自動的に起動します。</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>キーリング</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>鍵を使用できます。</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>キーリングに問い合わせています。</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>ストレージ</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>ファイルの読み書きができます。</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>前回の保存に失敗しました。</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>ディスクの空き容量を増やすか、フォルダの書き込み権限を確認してください。</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>時計</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>このコンピュータの時計に問題はありません。</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>このコンピュータの時計は、確認済みの時刻より遅れています。</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>このコンピュータの日付と時刻を合わせてください。</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>ライセンス</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>有効です。</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>当面は有効です。更新はまだ確認されていません。</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>お支払いがまだ確認されていません。</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>ブラウザで手続きを完了するか、数分お待ちください。</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>まだありません。</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>このデバイスをアクティベートしてください。</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>終了しました。</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>インターネットに接続し、アクティベーションを再確認してください。</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>現在、対応するサブスクリプションがありません。</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>「概要」で理由を確認するか、アクティベーションを再確認してください。</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>破損しているか、変更されているか、別のデバイスのものです。</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>アクティベーションを再確認するか、このデバイスをもう一度アクティベートしてください。</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>前回の再確認</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>請求サービスからの最新の応答は受け入れられました。</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>請求サービスへの問い合わせはまだ行われていません。</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>請求サービスに接続できませんでした。自動的に再試行されます。</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>請求サービスからの最新の応答は受け入れられませんでした ({code})。これまで有効だったものは引き続き有効です。</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>アクティベーションを再確認してください。この状態が続く場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>請求サービスからの最新の応答は、このプログラムが知らない鍵で署名されていました。これまで有効だったものは引き続き有効です。</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>アクティベーションを再確認してください。この状態が続く場合は、サポートにお問い合わせください。販売元が鍵を変更した可能性があります。</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>署名鍵</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>販売元の署名鍵の一覧は有効です (バージョン {version})。</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>このプログラムに付属する鍵が使われます。</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>販売元の署名鍵の一覧の有効期限が切れています (バージョン {version})。ライセンスは引き続き有効です。</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>サポートにお問い合わせください。販売元が新しい一覧を公開する必要があります。</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>請求サービスの署名鍵の一覧は受け入れられませんでした ({code})。これまで有効だったものは引き続き有効です。</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>しばらくしてからもう一度お試しください。この状態が続く場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>ブラウザ</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>リンクはブラウザで開きます。</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>画面がないため、リンクは文字で表示されます。</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>請求サービス</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>{host}が応答しています。</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>{host}は応答していますが、問題が発生しています。</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>あとでもう一度お試しください。</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>安全な接続</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>サーバの証明書は有効です。</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>サーバはこのコンピュータ上にあるため、必要ありません。</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>サービスの時刻</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>このコンピュータと一致しています。</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>このコンピュータと{minutes}分ずれています。</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>アクティベーションを再確認してください。</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>手続きが終わりました</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>変更内容は{product}のウインドウに表示されます。このタブは閉じてかまいません。</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>ここには何もありません。</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>インターネットに接続できない場合</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>これをスマートフォンで読み取り、表示される手順に従ってください。最後に表示されるアクティベーションコードを、ここに入力します。</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>このコンピュータの要求を示すQRコード</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>要求を作成しています…</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>要求をもう一度作成</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>要求をファイルに保存</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>テキストファイル (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>{name}として保存しました。ネットワークに接続できるコンピュータで{page}に提出してください。ライセンスファイルまたはアクティベーションコードを受け取れます。</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>アクティベーションコード</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>アクティベート</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>アクティベーションコードを確認しています…</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>アクティベーションコードが受け付けられました。</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>大文字と小文字、空白、ハイフンの違いは問いません。間違ったグループはすぐに表示されます。</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>入力したグループ：{done}。ここまでは正しく入力されています。</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>入力したグループ：{all}のうち{done}。ここまでは正しく入力されています。</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>{group}番目のグループが正しくありません：{text}。表示されたコードと見比べてください。</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>「{text}」はアクティベーションコードでは使われません。</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>コードのグループは{all}個だけです。同じものを2回入力していないか確認してください。</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>コードはすべて入力されました。</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>これはライセンスです。このまま読み込めます。</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>すでにお支払い済みです。</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>アクティベーションを更新してください。サブスクリプションの変更や未払いの請求書の支払いは、「お支払いの管理」で行います。</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>サブスクリプションは、使用できる台数の上限に達しています。</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>使わなくなったデバイスを削除してから、もう一度お試しください。</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>過去30日間のデバイスの入れ替え回数が多すぎます。</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>数日後にもう一度お試しいただくか、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>現在、購入できるものはありません。</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>あとでもう一度お試しいただくか、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>請求サービスはこのデバイスを受け付けなくなりました。</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>購入を復元して、このデバイスを再接続してください。</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>請求サービスはこのデバイスを認識していません。</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>お支払い済みの場合は購入を復元してください。それ以外の場合はプランを選択してください。</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>短時間に要求が多すぎました。</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>1分ほど待ってから、もう一度お試しください。</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>これは別の製品向けに販売されています。</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>このプログラムのプランを選んでください。それも拒否された場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>まだ購入されていません。</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>プランを選び、ブラウザで続けてください。</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>この操作は請求サービスで許可されていません。</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>このアカウントはまだ販売できません。Stripe に接続されていません。</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>アカウントの管理画面で接続してください。</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>これは請求サービスに存在しないか、すでになくなっています。</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>この内容は請求サービスの情報と一致しません。</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>アクティベーションを再確認してから、もう一度お試しください。</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>請求サービスがこの要求を拒否しました。</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>あとでもう一度お試しいただくか、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>要求の内容が認識されませんでした。</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>この機能は請求サービスでは提供されていません。</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>請求サービスはこのプログラムに応答できません。</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>請求サービスはこのプログラムの要求を読み取れません。</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>請求サービスに接続できませんでした。</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>インターネット接続を確認してください。</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>請求サービスから時間内に応答がありませんでした。</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>インターネット接続を確認するか、あとでもう一度お試しください。</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>請求サービスに安全に接続できません。</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>このネットワークでは先にサインインが必要な場合があります。ブラウザーを開いてください。それでも解決しない場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>このコンピューターは、{host} として応答した証明書を信頼していません。発行者: {issuer}。</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>会社のネットワークでは、プロキシが安全な接続を検査している場合があります。この認証局をこのコンピューターに追加するよう管理者に依頼するか、SSL_CERT_FILE にその証明書を指定してください。</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>{host} の証明書の有効期限が切れています。</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>このコンピューターの日付が正しい場合は、サポートにお問い合わせください。更新できるのは提供元だけです。</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>このコンピューターの時計では、{host} の証明書はまだ有効ではありません。</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>このコンピューターの日付と時刻を正しく設定してから、もう一度お試しください。</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>{host} として応答したサーバーの証明書は、別のアドレスのものです。</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>このネットワークでは先にサインインが必要な場合があります。ブラウザーを開いてください。それでも解決しない場合は、サポートにお問い合わせください。</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>{file} の信頼する証明書を読み取れません。</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>SSL_CERT_FILE または SSL_CERT_DIR がこの場所を指しています。設定を修正するか、削除してください。</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>{file} に有効な証明書が含まれていません。</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>SSL_CERT_FILE がこのファイルを指しています。証明書の PEM ファイルに置き換えるか、設定を削除してください。</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>プロキシ経由で接続できません。</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>設定または HTTPS_PROXY にあるプロキシのアドレスを確認してください。</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>プロキシ {proxy} が見つかりません。</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>設定または HTTPS_PROXY にある名前と、会社のネットワークへの接続を確認してください。</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>プロキシにはユーザー名とパスワードが必要です。</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>http://name:password@proxy:3128 のように、プロキシのアドレスに追加してください。</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>これはプロキシ自動構成ファイル (PAC) のアドレスで、サポートされていません。</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>http://proxy:3128 のように、プロキシ自体を指定してください。アドレスは管理者にお問い合わせください。</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>プロキシのユーザー名またはパスワードに、エンコードが必要な文字が含まれています。</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>/ は %2F、? は %3F、# は %23、@ は %40 と入力してください。</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>プロキシのアドレスが無効です。</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>http://proxy:3128 のようなアドレスを指定してください。</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>請求サービスの代わりに別のものが応答しました。</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>ブラウザを開いてください。このネットワークでは、先にサインインが必要な場合があります。</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>請求サービス側で問題が発生しています。</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>あとでもう一度お試しください。</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>請求サービス側で問題が発生しています。</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>あとでもう一度お試しください。</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>決済サービスから応答がありませんでした。</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>数分後にもう一度お試しください。</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>請求サービスの準備ができていません。</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>数分後にもう一度お試しください。</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>請求サービスの応答に署名がないため、無効です。</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>あとでもう一度お試しいただくか、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>このプログラムの一部が動作していません。</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>プログラムをもう一度インストールしてください。</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>読み取れません。破損しているか、別の種類のものです。</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>入手元からもう一度入手してください。</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>サイズが大きすぎます。</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>ファイル「{file}」が見つかりません。</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>「{file}」に秘密の情報が残っているため、診断情報は出力されませんでした。</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>このことを販売元のサポートにお知らせください。</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>ライセンスファイルではありません。サイズが大きすぎます。</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>このファイルを読み取れません。</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>これは別の種類の書類です。</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>受け取ったライセンスファイルを選んでください。</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>署名が一致しません。破損しているか、変更されています。</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>入手元からもう一度入手してください。</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>署名者をこのプログラムでは確認できません。</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>このプログラム用のものか確認するか、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>この署名方式はここでは認められていません。</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>対応していない処理が求められています。</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>終了が開始より前になっています。</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>認められた期間より長い有効期間が指定されています。</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>これは別の要求に対する応答です。</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>もう一度お試しください。</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>より新しいものがすでにあります。</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>最新のライセンスファイルを選んでください。</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>この文書の発行日時は未来になっています。</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>このコンピューターの日付が正しい場合は、販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>この署名鍵の一覧にはルート鍵が含まれているため、受け入れられません。</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>このバージョンの別の署名鍵の一覧が、すでに受け入れられています。</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>このデバイスに署名鍵の一覧がありません。</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>アクティベーションを再確認してください。</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>これは別の製品のものです。</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>このプログラムのライセンスファイルを選んでください。</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>これは別のデバイスのものです。</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>このデバイスで要求ファイルを作成し、それに対応するライセンスファイルを入手してください。</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>これらのファイルは別の場所からコピーされたものです。</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>このデバイスをアクティベートしてください。</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>アクティベーションコードの{group}番目のグループが正しくありません。</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>表示されたコードと見比べてください。</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>アクティベーションコードが途中までしか入力されていません。</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>すべてのグループを入力してください。</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>このアクティベーションコードの種類には対応していません。</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>このプログラムの新しいバージョンがないか確認してください。</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>このアクティベーションコードは、別のコンピュータのものか、以前の要求に対するものです。</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>このコンピュータに今表示されている画像を読み取り、そこからアクティベーションコードを取得してください。</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>アクティベーションコードは要求に対して発行されますが、このコンピュータではまだ要求が作成されていません。</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>先にこのコンピュータで要求を表示し、そこからアクティベーションコードを取得してください。</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>このライセンスにはアクティベーションコードがありません。</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>ライセンスファイルを使ってください。</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>請求サービスにサインインしていません。</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>先にサインインしてください。</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>請求サービスへのサインインの有効期限が切れました。</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>もう一度サインインしてください。お支払い済みのものは引き続き使用できます。</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>サインインは完了していません。ブラウザで拒否されました。</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>意図した操作でない場合は、もう一度サインインしてください。</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>10分以内にサインインが完了しませんでした。</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>もう一度サインインしてください。</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>サインインできませんでした。</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>もう一度お試しください。</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>このプログラムにはサインイン先がありません。</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>新しいプロファイルを販売元に依頼してください。</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>このプログラムの使用にサインインは必要ありません。</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>このデバイスを有効にするには、支払うか、購入を復元してください。</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>この請求サービスではシート数を選べません。</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>--seats を付けずに実行してください。</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>この請求サービスには選べるモジュールがありません。</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>--modules を付けずに実行してください。</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>この請求サービスでは支払いの間隔を選べません。</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>--period を付けずに実行してください。</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>この請求サービスの請求書はここでは表示できません。</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>この請求サービスには、お支払いを管理するページがありません。</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>販売元のサポートにお問い合わせください。</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>この請求サービスはリンクをメールで送りません。</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>支払い済みのアカウントにサインインし、このデバイスを使ってください。</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>このデバイスはアクティベートされていません。</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>先にアクティベートしてください。</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>システムのキーリングがロックされています。</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>ロックを解除するか、鍵をファイルに保存するよう設定してください（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>このシステムにはキーリングがありません。</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>キーリングを設定するか、鍵をファイルに保存するよう設定してください（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>システムのキーリングが動作していません。</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>キーリングを修復するか、鍵をファイルに保存するよう設定してください（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>システムのキーリングから時間内に応答がありませんでした。</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>別のウインドウでパスワードを求められていないか確認してください。</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>このデバイスの鍵がキーリングから失われています。</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>「支払い済みの方」から、このデバイスを再び登録してください。</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>保存された資格情報を開けません。</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>「支払い済みの方」から、このデバイスを再び登録してください。</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>「{file}」を保存できませんでした：{why}</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>ディスクの空き容量を増やすか、フォルダの書き込み権限を確認してください。</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>変更をこのデバイスに保存できませんでした。</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>ディスクの空き容量を増やしてから、もう一度お試しください。</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>「{file}」を読み取れませんでした：{why}</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>読み取り権限を確認してください。</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>バックグラウンドサービスが接続の受け付けを開始できませんでした：{why}</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>フォルダの所有者と書き込み権限を確認してください。</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>これは使用できません。</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>Ed25519公開鍵ではありません。</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>Ed25519公開鍵のセットではありません。</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>プロファイルを使用できません：{why}</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>新しいプロファイルを販売元に依頼してください。</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>プロファイルが見つからないため、どの製品用か判断できません。</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>プログラムに付属のファイルを指定してください：--profile FILE または KEYSTEAD_PROFILE=FILE</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>プロファイル「{file}」を読み取れませんでした：{why}</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>--profile または KEYSTEAD_PROFILE で指定したパスを確認してください。</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>ファイル「{file}」はプロファイルではありません。</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>新しいものを販売元に依頼してください。</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>「{file}」の設定を読み取れません。</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>ファイルを修正するか、削除してください。</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>設定「{setting}」にこの値は指定できません。</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>バックグラウンドサービスは、このシステムにはまだ対応していません。</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>リハーサルには、keystead-stubなど、このコンピュータ上のバックエンドが必要です。</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>このホームのデーモンはすでに実行中です。</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>先に停止してください。</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>バックグラウンドサービスが応答しません。</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>もう一度お試しください。実行されていない場合は起動します。</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>バックグラウンドサービスの代わりに、別のユーザーのプログラムが応答しています。データは送信されていません。</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>{folder} が使用されている理由を、このコンピューターの管理者に確認してください。</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>他のユーザーが {folder} を変更できるため、バックグラウンドサービスには安全ではありません。</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>自分だけが書き込めるようにするか、管理者に問い合わせてください。</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>待機中にバックグラウンドサービスが停止しました。</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>何も失われていません。現在の状態を確認するには：{command} status</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>バックグラウンドサービスは、このプログラムとは異なる {product} の設定で動作しています。</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>{product} のすべてのプログラムを更新してください。その後、このコンピューターからサインアウトし、もう一度サインインしてください。</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>バックグラウンドサービスがインストールされていません。</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>インストールしてください：pip install "keystead[daemon]"</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>バックグラウンドサービスを起動できませんでした：{why}</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>原因を調べるには `{command} doctor` を実行してください。</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>バックグラウンドサービスは起動しましたが、時間内に応答がありませんでした（{seconds}秒）。</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>原因を調べるには `{command} doctor` を実行してください。</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>バックグラウンドサービスは終了処理中です。</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>もう一度お試しください。</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>バックグラウンドサービスがこの要求を拒否しました。</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>バックグラウンドサービスの応答を読み取れません。</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>停止してください。正しいバージョンが自動的に起動します。</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>バックグラウンドサービスがこの要求を読み取れませんでした。</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>バックグラウンドサービスは、この形式の要求に対応していません。</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>停止してください。正しいバージョンが自動的に起動します。</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>バックグラウンドサービスは、この要求に対応していません。</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>停止してください。正しいバージョンが自動的に起動します。</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>バックグラウンドサービスは、この確認項目に対応していません。</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>停止してください。正しいバージョンが自動的に起動します。</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>問題が発生しました。</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>注意：</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>お支払い時のメールアドレス:</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>現在の状態を確認するには：{command} status</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>このデバイスには自動的に反映されます。現在の状態を確認するには：{command} status</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>お支払いを待っています… {elapsed}   （Ctrl-C：待機をやめる）</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>リンクが開かれるのを待っています… {elapsed}   （Ctrl-C：待機をやめる）</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>サインインを待っています… {elapsed}   （Ctrl-C：待機をやめる）</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>請求サービスに問い合わせています…</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>次のページでお支払いください（どのデバイスでもかまいません）：</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>販売元から受け取ったリンクのページでお支払いください。</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>ブラウザで続けてください：</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>このリンクをブラウザで開いてください：</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>お支払いページは開いたままです。お支払いが済むと、このデバイスに自動的に反映されます。</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>プランまたはメールアドレスが正しくありません。</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>プランを確認するには：{command} plans</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>ブラウザで開きました：</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>お支払いの管理はこちら：</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>このアドレスでお支払い済みの場合、リンクを記載したメールが届きます。いずれかのデバイスで開いてください。</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>リンクが開かれると、このデバイスに自動的に反映されます。</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>メールアドレスではありません。</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>このコンピュータのブラウザで、次のページからサインインしてください：</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>ブラウザでサインインしてください：</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>このコンピュータのブラウザでこのリンクを開き、サインインしてください：</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>サインイン後に続けるには：{command} activate</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>サインインのページは数分間有効です。</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>このデバイスからサインアウトしました。</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>このデバイスの登録を解除しますか？ここでは使用できなくなります。[y/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>y yes はい</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>何も変更されていません。</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>デバイス</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>ID</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>アクティベート</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>最終確認</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>なし</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name}（このデバイス）</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>{name}を削除しました。</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>{limit}台中{number}台を使用中です。</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>このIDで始まるデバイスが複数あります。</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>このIDのデバイスはありません。</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>デバイスを確認するには：{command} devices</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>プラン</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>名前</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>価格</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>期間</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>シート</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>モジュール</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>機能</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>1シートあたり{price}</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>1モジュールあたり{price}</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>{least}～{most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>月払い</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>年払い</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>買い切り</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>従量制</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>請求書</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>日付</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>金額</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>状態</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>お支払い先</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>請求はまだありません。</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>準備中</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>未払い</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>期限超過</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>支払い済み</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>返金済み</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>異議申し立て中</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>回収不能</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>取り消し</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>支払うものはありません。</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>この番号の請求書はありません。</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>請求書の一覧: {command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>請求書のページは開いたままです。いつでもお支払いいただけます。</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name}: {state}</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>書き込みました：{name}</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>スマートフォンまたは別のコンピュータでこのアドレスを開くか、画像を読み取ってください：</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>このファイルをお支払いページで提出してください。受け取ったファイルを読み込むには：{command} import FILE</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>ライセンスファイルではありません。</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>ファイル名ではありません。</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>保存しました：{name}</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>トークン、鍵、メールアドレスは含まれていません。送る前に内容をご確認ください。</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>{product}を開く</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>終了</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>{product}はトレイで動作を続けます</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>必要な操作があるときは、ここでお知らせします。終了するには、アイコンのメニューから「終了」を選んでください。</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>このデスクトップにはアイコン用のトレイがありません。</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>プログラムを動作させたままにするには、ウインドウを最小化してください。閉じるとプログラムは終了します。</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>{product}：更新がまだ確認されていません</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>{product}：お支払いが完了しませんでした</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>{product}：残り1日を切りました</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>{product}：残り1時間を切りました</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>{product}：アクティベーションは終了しました</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>{product}：このデバイスは削除されました</translation>
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
            <translation>アクティベーションを確認しています…</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>バックグラウンドサービスが動作していません。</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>このサービスはアクティベーションを管理し、更新してこのウインドウに知らせます。お支払いいただいたものが失われることはありません。</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>起動しています…</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>再試行</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>その前の状態：{headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>バックグラウンドサービスが応答しません。再接続を試みています。表示内容は最新でない可能性があります。</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>このプログラムは設定されていません。</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>プランを選択</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>ブラウザでお支払い後、ここに戻ると、このデバイスは自動的に有効になります。</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>プランを取得しています…</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>現在、販売中のプランはありません。</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>プランを再取得</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>お支払い</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>月払い</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>年払い</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>買い切り</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>シート</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>シートを1つ減らす</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>シートを1つ増やす</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{per}{price}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>1シート{per}{price}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>月額</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>年額</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>買い切り</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>1期間あたり</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>合計：{per}{price}（税・割引適用前）</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>{name}、{price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>内容：{features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>モジュール</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>1モジュール{per}{price}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>都度払い</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>月額</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>サインイン</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>まずサインインしてください</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>請求サービスは、購入する人を確認する必要があります。ブラウザでサインインしてから、ここで続けてください。</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>ブラウザでのサインインを待っています…</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>サインアウト</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>このデバイスをアクティベートしています…</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>請求サービス</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>戻る</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>ブラウザを開いています…</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>待ち時間 {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>待機中</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>ページは{until}まで有効です。</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>スマートフォンでも支払えます。カメラをこのコードに向けてください。</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>支払いページのアドレスの QR コード</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>支払い済みの方</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>お支払いに使用したメールアドレスを入力してください。届いたメールのリンクをいずれかのデバイスで開くと、このデバイスがアクティベートされます。</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>メールアドレス</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>リンクを送信</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>メールの送信を依頼しています…</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>メールアドレスではありません。</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>デバイス</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>{limit}台中{count}台を使用中です。削除したデバイスでは使用できなくなります。</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>デバイスを取得しています…</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>このデバイス</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>名前のないデバイス</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>最終確認：{when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>まだ確認されていません</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>削除</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>{name}を削除</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>{name} を削除しますか？</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>そのデバイスでは使えなくなり、空いた枠を別のデバイスで使えます。</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>デバイスを削除</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>残す</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>削除しています…</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>ページ</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>概要</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>デバイス</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>お支払い</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>診断</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>設定</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>現在</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>支払い済み{span}</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>猶予期間{span}</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label}：{when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>請求書</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>請求書を取得しています…</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>請求書はまだありません。</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>請求書を再取得</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>カードを変更</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>すべての請求書と領収書</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>サブスクリプションを解約</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>請求書</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>{name}、{when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>支払う</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>{name}を支払う</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>支払い済み</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>返金済み</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>異議申し立て中</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>未払い</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>期限超過</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>準備中</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>取り消し</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>回収不能</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>不明</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>項目を順番に確認しています…</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>すべてを確認する前に中止されました。</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>もう一度確認</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>確認を中止</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>待機中</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>確認中</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>正常</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>要対応</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>未確認</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>サポート用に保存</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>診断情報を保存</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>ZIPアーカイブ (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>診断情報を保存しています…</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>{name}として保存しました。トークン、鍵、メールアドレスは含まれていません。</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>言語</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>外観</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>バックグラウンド</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>ログイン時に起動</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>ログインするとウィンドウを開かずに起動します。</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>通知</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>対応が必要なことを、それぞれ一度だけお知らせします。更新に成功したときはお知らせしません。</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>プロキシ</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>システムに合わせる</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>システムに合わせる</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>ライト</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>ダーク</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>システムに合わせる</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>なし</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>手動</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>プロキシのアドレス</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>このプロキシを使う</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>プロキシのアドレスではありません。例：http://proxy:3128</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>請求サービスに確認しています…</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>「お支払いの管理」を開いています…</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>ライセンスファイルを読み込んでいます…</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>ライセンスファイルを読み込む</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>ライセンスファイル (*.jws *.lic *.txt);;すべてのファイル (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>ライセンスファイルを読み込みました。</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>診断情報を収集しています…</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>診断情報をクリップボードにコピーしました。秘密の情報は含まれていません。</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>リンクをクリップボードにコピーしました。</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>ブラウザを開けませんでした。次のアドレスをご自分で開いてください：</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>アドレス</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>請求サービスが示したアドレスはWebページではないため、開きませんでした。</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>詳細</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>閉じる</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>すべて正常</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>待機中</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>要対応</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>使用できません</translation>
        </message>
    </context>
</TS>
