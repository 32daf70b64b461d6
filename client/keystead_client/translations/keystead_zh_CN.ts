<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
    <context>
        <name />
        <message id="account.signed_in">
            <source>You are signed in.</source>
            <translation>您已登录。</translation>
        </message>
        <message id="account.signed_in.as">
            <source>You are signed in as {subject}.</source>
            <translation>您已以 {subject} 的身份登录。</translation>
        </message>
        <message id="account.signed_in.for">
            <source>You are signed in as {subject}, for {account}.</source>
            <translation>您已代表 {account} 以 {subject} 的身份登录。</translation>
        </message>
        <message id="account.nobody">
            <source>Nobody is signed in on this device.</source>
            <translation>此设备上没有人登录。</translation>
        </message>
        <message id="account.card">
            <source>Card</source>
            <translation>银行卡</translation>
        </message>
        <message id="account.card.ending">
            <source>{brand} ending in {last4}</source>
            <translation>{brand}，尾号 {last4}</translation>
        </message>
        <message id="account.page.done">
            <source>You are signed in.</source>
            <translation>您已登录。</translation>
        </message>
        <message id="account.page.failed">
            <source>You are not signed in.</source>
            <translation>您尚未登录。</translation>
        </message>
        <message id="account.page.back">
            <source>You can close this page, and go back to where you came from.</source>
            <translation>您可以关闭此页面，回到刚才的地方。</translation>
        </message>
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation>{date} {time}</translation>
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation>
                <numerusform>{number}天</numerusform>
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation>
                <numerusform>{number}小时</numerusform>
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation>
                <numerusform>{number}分钟</numerusform>
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation>{larger}{smaller}</translation>
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation>不到1分钟</translation>
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation>刚刚</translation>
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation>{span}前</translation>
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation>此设备尚未激活。</translation>
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation>正在等待确认付款。</translation>
        </message>
        <message id="pending.account">
            <source>This device is being activated for your account.</source>
            <translation>正在为您的账户激活此设备。</translation>
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation>正在等待打开邮件中的链接。</translation>
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation>正在等待确认付款。在{until}之前可以继续使用。</translation>
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation>已激活，一切正常。</translation>
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation>已激活。试用期至{period}。</translation>
        </message>
        <message id="active.recheck">
            <source>Active. It has to be checked again by {until}.</source>
            <translation>已激活。需在{until}前再次验证。</translation>
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation>有效期至{period}。将按您的要求届时终止。</translation>
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation>上次付款未成功。在{until}之前可以继续使用。</translation>
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation>{period}的续订尚未确认。在{until}之前可以继续使用。</translation>
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation>您的订阅需要处理。在{until}之前可以继续使用。</translation>
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation>此激活已于{ended}失效。</translation>
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation>此激活已失效。</translation>
        </message>
        <message id="expired.unchecked">
            <source>This activation ended on {ended}, because it could not be checked.</source>
            <translation>此激活因无法验证，已于{ended}失效。</translation>
        </message>
        <message id="expired.past_due">
            <source>This activation ended on {ended} because your last payment failed.</source>
            <translation>由于最近一次付款失败，此激活已于 {ended} 结束。</translation>
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation>您的订阅已按您的要求于{ended}终止。</translation>
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation>您的订阅已取消。</translation>
        </message>
        <message id="inactive.purchase">
            <source>Your purchase was canceled.</source>
            <translation>您的购买已取消。</translation>
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation>由于未付款，您的订阅已停止。</translation>
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation>由于上次付款未成功，您的订阅已停止。</translation>
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation>您的付款已退回，此激活已失效。</translation>
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation>您的付款已通过银行撤回，此激活已失效。</translation>
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation>您的订阅已暂停。</translation>
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation>您的首次付款尚未完成。</translation>
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation>您的首次付款未在期限内完成。</translation>
        </message>
        <message id="inactive.not_paid">
            <source>Nothing has been paid for this device yet.</source>
            <translation>尚未为此设备付款。</translation>
        </message>
        <message id="pending.bank">
            <source>Waiting for your bank to confirm the payment.</source>
            <translation>正在等待银行确认付款。</translation>
        </message>
        <message id="inactive.other_product">
            <source>Your purchase is for another product.</source>
            <translation>您购买的是其他产品。</translation>
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation>此设备已从您的账户中移除。</translation>
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>使用您的订阅的设备已达到数量上限。</translation>
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation>此设备目前没有订阅。</translation>
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation>此激活属于另一台设备。</translation>
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation>这些文件是从其他位置复制而来的。</translation>
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation>本程序无法识别此激活的签名方。</translation>
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation>此激活属于另一款产品。</translation>
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation>保存的激活已损坏或被更改。</translation>
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation>剩余不到一天：还有{span}。</translation>
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation>剩余不到一小时：还有{span}。</translation>
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation>请选择方案，然后在浏览器中继续。如果已付款，请恢复购买或导入许可证文件。</translation>
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation>请在浏览器中完成操作。付款确认后，此处会自动更新。</translation>
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation>请在任一设备上打开邮件，点按其中的链接并确认。</translation>
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation>无需任何操作，最多几分钟即可完成。</translation>
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation>如要保留，请打开“管理账单”并恢复订阅。</translation>
        </message>
        <message id="next.pay">
            <source>Pay the open invoice, or change your card under “Manage billing”, before then.</source>
            <translation>请在此之前支付未结账单，或在“管理账单”中更换银行卡。</translation>
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation>请在此之前连接一次互联网，其余操作会自动完成。</translation>
        </message>
        <message id="next.reconnect">
            <source>Connect to the internet. This device then activates automatically.</source>
            <translation>请连接到互联网。之后此设备会自动激活。</translation>
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation>请打开“管理账单”，查看需要进行的操作。</translation>
        </message>
        <message id="next.pay_or_buy">
            <source>If an invoice is open, pay it. If you paid already, restore your purchase.</source>
            <translation>如果有未结账单，请付款。如果已付款，请恢复购买。</translation>
        </message>
        <message id="next.wait_bank">
            <source>This can take several days. This device activates automatically.</source>
            <translation>这可能需要几天时间。此设备会自动激活。</translation>
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation>请连接一次互联网。如果订阅已终止，请续订。</translation>
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation>如要继续使用，请重新订阅。</translation>
        </message>
        <message id="next.buy_again">
            <source>Buy it again to go on.</source>
            <translation>如要继续使用，请重新购买。</translation>
        </message>
        <message id="next.pay_now">
            <source>Pay the open invoice. This device then activates automatically.</source>
            <translation>请支付未结账单。之后此设备会自动激活。</translation>
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation>请打开“管理账单”并恢复订阅。</translation>
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation>请打开“管理账单”并完成付款。</translation>
        </message>
        <message id="next.removed">
            <source>To use it here again, restore your purchase.</source>
            <translation>要在此设备上再次使用，请恢复购买。</translation>
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation>请移除不再使用的设备，然后刷新。</translation>
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation>请刷新激活。如果仍未解决，请将诊断信息发送至：{support}</translation>
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation>供应商支持团队</translation>
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation>方案</translation>
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation>
                <numerusform>{plan}，{number}个席位</numerusform>
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation>设备</translation>
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation>下次续订</translation>
        </message>
        <message id="fact.paid">
            <source>Paid</source>
            <translation>付款</translation>
        </message>
        <message id="fact.paid.once">
            <source>Once; nothing is renewed</source>
            <translation>一次性，无需续订</translation>
        </message>
        <message id="fact.recheck">
            <source>To be checked again by</source>
            <translation>需再次验证，最迟</translation>
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation>终止时间</translation>
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation>已付款至</translation>
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation>离线可用至</translation>
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation>可用至</translation>
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation>曾可用至</translation>
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation>上次检查</translation>
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation>下次检查</translation>
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation>这台电脑的时钟慢了。请校准时间；其他方面不受影响。</translation>
        </message>
        <message id="hint.server_clock">
            <source>The billing service's date is more than a day away from this computer's. You don't need to change anything: the license is checked again automatically.</source>
            <translation>计费服务的日期与这台电脑的日期相差一天以上。您无需更改任何设置：许可证会自动重新检查。</translation>
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation>系统密钥环已锁定或不存在，因此无法更新激活。请将其解锁，或选择将密钥保存在文件中。</translation>
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation>无法打开保存的凭据。请刷新，或重新激活此设备。</translation>
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation>无法连接计费服务。程序会自动重试。</translation>
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation>无法保存激活。请释放一些磁盘空间，或检查文件夹的写入权限。</translation>
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation>有一笔付款未成功。请打开“管理账单”进行处理。</translation>
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation>订阅将不会续订。</translation>
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation>此订阅的设备数量已达到上限。请移除不再需要的设备。</translation>
        </message>
        <message id="hint.license_refused">
            <source>The billing service's last answer wasn't accepted, because its signature or content isn't right. What was valid before stays valid. If this continues, contact support.</source>
            <translation>计费服务的最新响应未被接受，因为其签名或内容不正确。之前有效的内容仍然有效。如果问题持续存在，请联系支持团队。</translation>
        </message>
        <message id="hint.refresh_refused">
            <source>The last refresh was refused. {reason}</source>
            <translation>上次刷新被拒绝。{reason}</translation>
        </message>
        <message id="hint.keys_refused">
            <source>The billing service's list of signing keys wasn't accepted. What was valid before stays valid. If this continues, contact support.</source>
            <translation>计费服务的签名密钥列表未被接受。之前有效的内容仍然有效。如果问题持续存在，请联系支持团队。</translation>
        </message>
        <message id="hint.keys_stale">
            <source>The vendor's list of signing keys has expired. Your license still works. If this continues, contact support.</source>
            <translation>供应商的签名密钥列表已过期。您的许可证仍然有效。如果问题持续存在，请联系支持团队。</translation>
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation>在浏览器中继续</translation>
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation>我已付款</translation>
        </message>
        <message id="action.join">
            <source>Use this device</source>
            <translation>使用此设备</translation>
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation>导入许可证文件</translation>
        </message>
        <message id="action.offline">
            <source>Activate offline</source>
            <translation>离线激活</translation>
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation>重新打开浏览器</translation>
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation>复制链接</translation>
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation>刷新激活</translation>
        </message>
        <message id="action.pay">
            <source>Pay invoice</source>
            <translation>支付账单</translation>
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation>管理账单</translation>
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation>管理设备</translation>
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation>复制诊断信息</translation>
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation>一切正常。</translation>
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation>有项目需要处理。</translation>
        </message>
        <message id="check.any.untried">
            <source>Not looked at, because something else has to work first.</source>
            <translation>未检查，需先解决其他问题。</translation>
        </message>
        <message id="check.any.timed_out">
            <source>No answer in time ({seconds} s).</source>
            <translation>未在时限内回应（{seconds}秒）。</translation>
        </message>
        <message id="check.any.timed_out.next">
            <source>Look again later. If it hangs again, restart this computer.</source>
            <translation>请稍后再检查。如果仍无回应，请重新启动这台电脑。</translation>
        </message>
        <message id="check.any.unknown">
            <source>It says “{code}”.</source>
            <translation>结果为“{code}”。</translation>
        </message>
        <message id="check.profile">
            <source>Profile</source>
            <translation>配置文件</translation>
        </message>
        <message id="check.profile.ok">
            <source>{name} ({product})</source>
            <translation>{name}（{product}）</translation>
        </message>
        <message id="check.files">
            <source>Files</source>
            <translation>文件</translation>
        </message>
        <message id="check.files.ok">
            <source>In {folder}, for you alone.</source>
            <translation>位于 {folder}，仅供您本人访问。</translation>
        </message>
        <message id="check.files.open">
            <source>Others can get at: {files}.</source>
            <translation>其他人可以访问：{files}</translation>
        </message>
        <message id="check.files.open.next">
            <source>Make {folder} and what is in it belong to you alone (chmod -R go-rwx).</source>
            <translation>请将 {folder} 及其中的内容设为仅供您本人访问（chmod -R go-rwx）。</translation>
        </message>
        <message id="check.files.foreign">
            <source>These belong to somebody else: {files}.</source>
            <translation>以下文件属于其他用户：{files}</translation>
        </message>
        <message id="check.files.foreign.next">
            <source>Make {folder} and what is in it belong to you alone (chown, chmod -R go-rwx).</source>
            <translation>请将 {folder} 及其中的内容设为仅归您本人所有（chown、chmod -R go-rwx）。</translation>
        </message>
        <message id="check.files.unwritable">
            <source>These cannot be written: {files}.</source>
            <translation>以下文件无法写入：{files}</translation>
        </message>
        <message id="check.files.unwritable.next">
            <source>Make {folder} and what is in it yours to write (chmod -R u+rw).</source>
            <translation>请将 {folder} 及其中的内容设为您可以写入（chmod -R u+rw）。</translation>
        </message>
        <message id="check.files.unreadable">
            <source>These cannot be looked at: {files}.</source>
            <translation>以下文件无法检查：{files}</translation>
        </message>
        <message id="check.files.unreadable.next">
            <source>Check who may get at {folder}.</source>
            <translation>请检查 {folder} 的访问权限。</translation>
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation>后台服务</translation>
        </message>
        <message id="check.daemon.ok">
            <source>Version {version} answers (process {pid}).</source>
            <translation>版本 {version} 有回应（进程 {pid}）。</translation>
        </message>
        <message id="check.daemon.other_version">
            <source>It runs version {theirs}, this is version {ours}.</source>
            <translation>正在运行的是版本 {theirs}，此处是版本 {ours}。</translation>
        </message>
        <message id="check.daemon.other_version.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>请将其停止，正确的版本会自动启动。</translation>
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation>密钥环</translation>
        </message>
        <message id="check.keyring.ok">
            <source>The keys are at hand.</source>
            <translation>密钥可用。</translation>
        </message>
        <message id="check.keyring.asking">
            <source>The keyring is being asked.</source>
            <translation>正在查询密钥环。</translation>
        </message>
        <message id="check.storage">
            <source>Storage</source>
            <translation>存储</translation>
        </message>
        <message id="check.storage.ok">
            <source>The files can be read and written.</source>
            <translation>文件可以读取和写入。</translation>
        </message>
        <message id="check.storage.storage_failed">
            <source>The last save failed.</source>
            <translation>上次保存失败。</translation>
        </message>
        <message id="check.storage.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>请释放一些磁盘空间，或检查文件夹的写入权限。</translation>
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation>时钟</translation>
        </message>
        <message id="check.clock.ok">
            <source>This computer's clock is plausible.</source>
            <translation>这台电脑的时钟正常。</translation>
        </message>
        <message id="check.clock.behind">
            <source>This computer's clock is behind the time that is known.</source>
            <translation>这台电脑的时钟慢于已知时间。</translation>
        </message>
        <message id="check.clock.behind.next">
            <source>Set the date and time of this computer.</source>
            <translation>请设置这台电脑的日期和时间。</translation>
        </message>
        <message id="check.license">
            <source>License</source>
            <translation>许可证</translation>
        </message>
        <message id="check.license.active">
            <source>It holds.</source>
            <translation>有效。</translation>
        </message>
        <message id="check.license.grace">
            <source>It holds for a while yet: the renewal is not confirmed.</source>
            <translation>暂时有效，续订尚未确认。</translation>
        </message>
        <message id="check.license.pending">
            <source>The payment is not confirmed yet.</source>
            <translation>付款尚未确认。</translation>
        </message>
        <message id="check.license.pending.next">
            <source>Finish in the browser, or wait a few minutes.</source>
            <translation>请在浏览器中完成操作，或等待几分钟。</translation>
        </message>
        <message id="check.license.unactivated">
            <source>There is none yet.</source>
            <translation>尚无许可证。</translation>
        </message>
        <message id="check.license.unactivated.next">
            <source>Activate this device.</source>
            <translation>请激活此设备。</translation>
        </message>
        <message id="check.license.expired">
            <source>It has ended.</source>
            <translation>已失效。</translation>
        </message>
        <message id="check.license.expired.next">
            <source>Connect to the internet and refresh the activation.</source>
            <translation>请连接互联网并刷新激活。</translation>
        </message>
        <message id="check.license.inactive">
            <source>There is no subscription for it at the moment.</source>
            <translation>目前没有对应的订阅。</translation>
        </message>
        <message id="check.license.inactive.next">
            <source>Open the overview to see why, or refresh the activation.</source>
            <translation>请打开“概览”查看原因，或刷新激活。</translation>
        </message>
        <message id="check.license.untrusted">
            <source>It is damaged, altered, or not for this device.</source>
            <translation>已损坏、被更改或不属于此设备。</translation>
        </message>
        <message id="check.license.untrusted.next">
            <source>Refresh the activation, or activate this device again.</source>
            <translation>请刷新激活，或重新激活此设备。</translation>
        </message>
        <message id="check.refresh">
            <source>Last refresh</source>
            <translation>上次刷新</translation>
        </message>
        <message id="check.refresh.ok">
            <source>The billing service's last answer was accepted.</source>
            <translation>计费服务的最新响应已被接受。</translation>
        </message>
        <message id="check.refresh.none">
            <source>The billing service hasn't been asked yet.</source>
            <translation>尚未询问计费服务。</translation>
        </message>
        <message id="check.refresh.retrying">
            <source>The billing service couldn't be reached. It is tried again automatically.</source>
            <translation>无法连接计费服务。系统会自动重试。</translation>
        </message>
        <message id="check.refresh.not_accepted">
            <source>The billing service's last answer wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>计费服务的最新响应未被接受 ({code})。之前有效的内容仍然有效。</translation>
        </message>
        <message id="check.refresh.not_accepted.next">
            <source>Refresh the activation. If this continues, contact support.</source>
            <translation>请刷新激活。如果问题持续存在，请联系支持团队。</translation>
        </message>
        <message id="check.refresh.unknown_key">
            <source>The billing service's last answer was signed with a key that this program doesn't know. What was valid before stays valid.</source>
            <translation>计费服务的最新响应由此程序不认识的密钥签名。之前有效的内容仍然有效。</translation>
        </message>
        <message id="check.refresh.unknown_key.next">
            <source>Refresh the activation. If this continues, contact support: the vendor may have changed its keys.</source>
            <translation>请刷新激活。如果问题持续存在，请联系支持团队：供应商可能更换了密钥。</translation>
        </message>
        <message id="check.keys">
            <source>Signing keys</source>
            <translation>签名密钥</translation>
        </message>
        <message id="check.keys.ok">
            <source>The vendor's list of signing keys is valid (version {version}).</source>
            <translation>供应商的签名密钥列表有效（版本 {version}）。</translation>
        </message>
        <message id="check.keys.pinned">
            <source>The keys that come with this program count.</source>
            <translation>使用此程序自带的密钥。</translation>
        </message>
        <message id="check.keys.stale">
            <source>The vendor's list of signing keys has expired (version {version}). Your license still works.</source>
            <translation>供应商的签名密钥列表已过期（版本 {version}）。您的许可证仍然有效。</translation>
        </message>
        <message id="check.keys.stale.next">
            <source>Contact support: the vendor needs to publish a new list.</source>
            <translation>请联系支持团队：供应商需要发布新的列表。</translation>
        </message>
        <message id="check.keys.not_accepted">
            <source>The billing service's list of signing keys wasn't accepted ({code}). What was valid before stays valid.</source>
            <translation>计费服务的签名密钥列表未被接受 ({code})。之前有效的内容仍然有效。</translation>
        </message>
        <message id="check.keys.not_accepted.next">
            <source>Try again later. If this continues, contact support.</source>
            <translation>请稍后重试。如果问题持续存在，请联系支持团队。</translation>
        </message>
        <message id="check.browser">
            <source>Browser</source>
            <translation>浏览器</translation>
        </message>
        <message id="check.browser.ok">
            <source>Links open in the browser.</source>
            <translation>链接会在浏览器中打开。</translation>
        </message>
        <message id="check.browser.no_screen">
            <source>There is no screen here: links are printed instead.</source>
            <translation>此处没有屏幕，链接将以文字显示。</translation>
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation>计费服务</translation>
        </message>
        <message id="check.server.ok">
            <source>{host} answers.</source>
            <translation>{host} 有回应。</translation>
        </message>
        <message id="check.server.unwell">
            <source>{host} answers, and is not well.</source>
            <translation>{host} 有回应，但运行不正常。</translation>
        </message>
        <message id="check.server.unwell.next">
            <source>Try again later.</source>
            <translation>请稍后再试。</translation>
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation>安全连接</translation>
        </message>
        <message id="check.tls.ok">
            <source>The server's certificate holds.</source>
            <translation>服务器证书有效。</translation>
        </message>
        <message id="check.tls.local">
            <source>The server is on this machine, where none is needed.</source>
            <translation>服务器就在这台电脑上，无需安全连接。</translation>
        </message>
        <message id="check.server_time">
            <source>Time of the service</source>
            <translation>服务时间</translation>
        </message>
        <message id="check.server_time.ok">
            <source>It is ours.</source>
            <translation>与这台电脑一致。</translation>
        </message>
        <message id="check.server_time.apart">
            <source>It is {minutes} min from ours.</source>
            <translation>与这台电脑相差{minutes}分钟。</translation>
        </message>
        <message id="check.server_time.apart.next">
            <source>Refresh the activation.</source>
            <translation>请刷新激活。</translation>
        </message>
        <message id="landing.title">
            <source>You are back</source>
            <translation>操作已完成</translation>
        </message>
        <message id="landing.body">
            <source>{product} shows what has changed in its own window. You can close this tab.</source>
            <translation>变更内容会显示在 {product} 的窗口中。可以关闭此标签页。</translation>
        </message>
        <message id="landing.nothing">
            <source>There is nothing here.</source>
            <translation>此处没有内容。</translation>
        </message>
        <message id="offline.title">
            <source>This computer is never online</source>
            <translation>这台电脑无法联网</translation>
        </message>
        <message id="offline.lead">
            <source>Scan this with a phone and follow the steps there. At the end the phone shows an activation code to type here.</source>
            <translation>请用手机扫描此二维码，并按照手机上的步骤操作。最后，手机会显示激活码，请在此输入。</translation>
        </message>
        <message id="offline.picture">
            <source>QR code with this computer's request</source>
            <translation>包含这台电脑请求的二维码</translation>
        </message>
        <message id="offline.loading">
            <source>Writing the request…</source>
            <translation>正在创建请求…</translation>
        </message>
        <message id="offline.retry">
            <source>Write the request again</source>
            <translation>重新创建请求</translation>
        </message>
        <message id="offline.save">
            <source>Save the request as a file</source>
            <translation>将请求保存为文件</translation>
        </message>
        <message id="offline.save.files">
            <source>Text files (*.txt)</source>
            <translation>文本文件 (*.txt)</translation>
        </message>
        <message id="offline.saved">
            <source>Saved as {name}. Bring it to {page} on a computer with a network; what comes back there is a license file, or an activation code.</source>
            <translation>已保存为 {name}。请在可以联网的电脑上将其提交到 {page}，即可获得许可证文件或激活码。</translation>
        </message>
        <message id="offline.code">
            <source>Activation code</source>
            <translation>激活码</translation>
        </message>
        <message id="offline.take">
            <source>Activate</source>
            <translation>激活</translation>
        </message>
        <message id="offline.taking">
            <source>Looking at the activation code…</source>
            <translation>正在检查激活码…</translation>
        </message>
        <message id="offline.done">
            <source>The activation code was accepted.</source>
            <translation>激活码已被接受。</translation>
        </message>
        <message id="code.none">
            <source>Upper or lower case, spaces and dashes do not matter. A wrong group is shown at once.</source>
            <translation>不区分大小写，空格和连字符不影响结果。输入有误的分组会立即提示。</translation>
        </message>
        <message id="code.so_far">
            <source>Groups typed: {done}. All is right so far.</source>
            <translation>已输入{done}组，目前全部正确。</translation>
        </message>
        <message id="code.so_far.of">
            <source>Groups typed: {done} of {all}. All is right so far.</source>
            <translation>已输入{done}组，共{all}组，目前全部正确。</translation>
        </message>
        <message id="code.wrong">
            <source>Group {group} is not right: {text}. Compare it with the code that was shown.</source>
            <translation>第{group}组不正确：{text}。请与显示的激活码核对。</translation>
        </message>
        <message id="code.foreign">
            <source>“{text}” is in no activation code.</source>
            <translation>激活码中不会出现“{text}”。</translation>
        </message>
        <message id="code.too_many">
            <source>The code has only {all} groups. Look whether one was typed twice.</source>
            <translation>激活码只有{all}组。请检查是否重复输入了某一组。</translation>
        </message>
        <message id="code.complete">
            <source>The code is complete.</source>
            <translation>激活码已完整输入。</translation>
        </message>
        <message id="code.license">
            <source>This is a license. It can be taken over as it is.</source>
            <translation>这是许可证，可以直接导入。</translation>
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation>已付款，无需再次购买。</translation>
        </message>
        <message id="refused.already_entitled.next">
            <source>Refresh the activation. To change the subscription or pay an open invoice, use “Manage billing”.</source>
            <translation>请刷新激活。要更改订阅或支付未结账单，请使用“管理账单”。</translation>
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation>使用您的订阅的设备已达到数量上限。</translation>
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation>请移除不再使用的设备，然后重试。</translation>
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation>过去30天内更换设备过于频繁。</translation>
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation>请几天后再试，或联系供应商支持团队。</translation>
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation>目前无法购买。</translation>
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>请稍后再试，或联系供应商支持团队。</translation>
        </message>
        <message id="refused.invalid_token">
            <source>The billing service no longer accepts this device.</source>
            <translation>计费服务不再接受此设备。</translation>
        </message>
        <message id="refused.invalid_token.next">
            <source>Restore your purchase to connect this device again.</source>
            <translation>请恢复购买以重新连接此设备。</translation>
        </message>
        <message id="refused.unknown_device">
            <source>The billing service doesn't know this device.</source>
            <translation>计费服务不认识此设备。</translation>
        </message>
        <message id="refused.unknown_device.next">
            <source>If you paid already, restore your purchase. Otherwise choose a plan.</source>
            <translation>如果已付款，请恢复购买。否则请选择套餐。</translation>
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation>短时间内请求过于频繁。</translation>
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation>请一分钟后再试。</translation>
        </message>
        <message id="refused.other_product">
            <source>This is sold for another product.</source>
            <translation>此项是为另一款产品出售的。</translation>
        </message>
        <message id="refused.other_product.next">
            <source>Choose a plan of this program. If it is refused too, contact support.</source>
            <translation>请选择本程序的方案。如果仍被拒绝，请联系技术支持。</translation>
        </message>
        <message id="refused.nothing_bought">
            <source>Nothing was bought with this yet.</source>
            <translation>尚未购买任何内容。</translation>
        </message>
        <message id="refused.nothing_bought.next">
            <source>Choose a plan and continue in the browser.</source>
            <translation>请选择方案，然后在浏览器中继续。</translation>
        </message>
        <message id="refused.forbidden">
            <source>The billing service does not allow this.</source>
            <translation>计费服务不允许此操作。</translation>
        </message>
        <message id="refused.forbidden.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.stripe_not_connected">
            <source>Your account cannot sell yet: it is not connected to Stripe.</source>
            <translation>您的帐户还不能销售：尚未连接 Stripe。</translation>
        </message>
        <message id="refused.stripe_not_connected.next">
            <source>Connect it where you manage your account.</source>
            <translation>请在管理帐户的地方进行连接。</translation>
        </message>
        <message id="refused.not_found">
            <source>The billing service does not have this, or not any more.</source>
            <translation>计费服务中没有此内容，或已不再提供。</translation>
        </message>
        <message id="refused.conflict">
            <source>This contradicts what the billing service knows.</source>
            <translation>此操作与计费服务中的信息不一致。</translation>
        </message>
        <message id="refused.conflict.next">
            <source>Refresh the activation, then try again.</source>
            <translation>请刷新激活，然后重试。</translation>
        </message>
        <message id="refused.backend_refused">
            <source>The billing service refused this.</source>
            <translation>计费服务拒绝了此请求。</translation>
        </message>
        <message id="refused.backend_refused.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>请稍后再试，或联系供应商支持团队。</translation>
        </message>
        <message id="refused.invalid_request">
            <source>This request was not understood.</source>
            <translation>无法理解此请求。</translation>
        </message>
        <message id="refused.invalid_request.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.method_not_allowed">
            <source>The billing service does not offer this.</source>
            <translation>计费服务不提供此功能。</translation>
        </message>
        <message id="refused.method_not_allowed.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.not_acceptable">
            <source>The billing service cannot answer this program.</source>
            <translation>计费服务无法回应本程序。</translation>
        </message>
        <message id="refused.not_acceptable.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.unsupported_media_type">
            <source>The billing service cannot read this program's request.</source>
            <translation>计费服务无法读取本程序的请求。</translation>
        </message>
        <message id="refused.unsupported_media_type.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.backend_unreachable">
            <source>The billing service could not be reached.</source>
            <translation>无法连接计费服务。</translation>
        </message>
        <message id="refused.backend_unreachable.next">
            <source>Check the internet connection.</source>
            <translation>请检查互联网连接。</translation>
        </message>
        <message id="refused.timeout">
            <source>The billing service did not answer in time.</source>
            <translation>计费服务未在时限内回应。</translation>
        </message>
        <message id="refused.timeout.next">
            <source>Check the internet connection, or try again later.</source>
            <translation>请检查互联网连接，或稍后再试。</translation>
        </message>
        <message id="refused.tls_failed">
            <source>Can't connect securely to the billing service.</source>
            <translation>无法与计费服务建立安全连接。</translation>
        </message>
        <message id="refused.tls_failed.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>此网络可能要求您先登录：请打开浏览器。如果没有帮助，请联系支持人员。</translation>
        </message>
        <message id="refused.tls_unknown_issuer">
            <source>This computer doesn't trust the certificate that answered for {host}. Issuer: {issuer}.</source>
            <translation>此计算机不信任以 {host} 名义应答的证书。颁发者：{issuer}。</translation>
        </message>
        <message id="refused.tls_unknown_issuer.next">
            <source>On a company network, a proxy may inspect secure connections. Ask your administrator to add this authority to this computer, or set SSL_CERT_FILE to its certificate.</source>
            <translation>在公司网络中，代理可能会检查安全连接。请让管理员将此证书颁发机构添加到此计算机，或将 SSL_CERT_FILE 设为其证书。</translation>
        </message>
        <message id="refused.tls_expired">
            <source>The certificate of {host} has expired.</source>
            <translation>{host} 的证书已过期。</translation>
        </message>
        <message id="refused.tls_expired.next">
            <source>If this computer's date is right, contact support: only the vendor can renew it.</source>
            <translation>如果此计算机的日期正确，请联系支持人员：只有供应商才能续订证书。</translation>
        </message>
        <message id="refused.tls_not_yet_valid">
            <source>By this computer's clock, the certificate of {host} isn't valid yet.</source>
            <translation>按此计算机的时钟，{host} 的证书尚未生效。</translation>
        </message>
        <message id="refused.tls_not_yet_valid.next">
            <source>Set the date and time of this computer, then try again.</source>
            <translation>请将此计算机的日期和时间设置正确，然后重试。</translation>
        </message>
        <message id="refused.tls_wrong_host">
            <source>The server that answered for {host} has a certificate for another address.</source>
            <translation>以 {host} 名义应答的服务器使用的是另一个地址的证书。</translation>
        </message>
        <message id="refused.tls_wrong_host.next">
            <source>This network may ask you to sign in first: open a browser. If that doesn't help, contact support.</source>
            <translation>此网络可能要求您先登录：请打开浏览器。如果没有帮助，请联系支持人员。</translation>
        </message>
        <message id="refused.tls_roots_missing">
            <source>Can't read the trusted certificates in {file}.</source>
            <translation>无法读取 {file} 中的受信任证书。</translation>
        </message>
        <message id="refused.tls_roots_missing.next">
            <source>SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the setting, or remove it.</source>
            <translation>SSL_CERT_FILE 或 SSL_CERT_DIR 指向此位置。请更正或删除该设置。</translation>
        </message>
        <message id="refused.tls_roots_invalid">
            <source>{file} contains no valid certificates.</source>
            <translation>{file} 不包含有效的证书。</translation>
        </message>
        <message id="refused.tls_roots_invalid.next">
            <source>SSL_CERT_FILE names this file. Replace it with a PEM file of certificates, or remove the setting.</source>
            <translation>SSL_CERT_FILE 指向此文件。请将其替换为包含证书的 PEM 文件，或删除该设置。</translation>
        </message>
        <message id="refused.proxy_failed">
            <source>Can't connect through the proxy.</source>
            <translation>无法通过代理连接。</translation>
        </message>
        <message id="refused.proxy_failed.next">
            <source>Check the proxy's address in the settings or in HTTPS_PROXY.</source>
            <translation>请检查设置或 HTTPS_PROXY 中的代理地址。</translation>
        </message>
        <message id="refused.proxy_not_found">
            <source>Can't find the proxy {proxy}.</source>
            <translation>找不到代理 {proxy}。</translation>
        </message>
        <message id="refused.proxy_not_found.next">
            <source>Check the name in the settings or in HTTPS_PROXY, and your connection to the company network.</source>
            <translation>请检查设置或 HTTPS_PROXY 中的名称，以及与公司网络的连接。</translation>
        </message>
        <message id="refused.proxy_login">
            <source>The proxy requires a user name and password.</source>
            <translation>代理需要用户名和密码。</translation>
        </message>
        <message id="refused.proxy_login.next">
            <source>Add them to the proxy's address, as in http://name:password@proxy:3128.</source>
            <translation>请将其添加到代理地址中，例如 http://name:password@proxy:3128。</translation>
        </message>
        <message id="refused.proxy_is_pac">
            <source>This is the address of an automatic proxy configuration file (PAC), which isn't supported.</source>
            <translation>这是代理自动配置文件 (PAC) 的地址，不受支持。</translation>
        </message>
        <message id="refused.proxy_is_pac.next">
            <source>Enter the proxy itself, as in http://proxy:3128. Your administrator knows its address.</source>
            <translation>请输入代理本身的地址，例如 http://proxy:3128。管理员知道该地址。</translation>
        </message>
        <message id="refused.proxy_password">
            <source>The proxy's user name or password contains characters that must be encoded.</source>
            <translation>代理的用户名或密码包含必须编码的字符。</translation>
        </message>
        <message id="refused.proxy_password.next">
            <source>Write / as %2F, ? as %3F, # as %23 and @ as %40.</source>
            <translation>请将 / 写为 %2F，? 写为 %3F，# 写为 %23，@ 写为 %40。</translation>
        </message>
        <message id="refused.proxy_invalid">
            <source>The proxy's address isn't valid.</source>
            <translation>代理地址无效。</translation>
        </message>
        <message id="refused.proxy_invalid.next">
            <source>Enter an address such as http://proxy:3128.</source>
            <translation>请输入类似 http://proxy:3128 的地址。</translation>
        </message>
        <message id="refused.not_the_backend">
            <source>Something else answered in the billing service's place.</source>
            <translation>作出回应的不是计费服务。</translation>
        </message>
        <message id="refused.not_the_backend.next">
            <source>Open a browser: this network may ask you to sign in first.</source>
            <translation>请打开浏览器，当前网络可能要求先登录。</translation>
        </message>
        <message id="refused.server_failing">
            <source>The billing service has a problem of its own.</source>
            <translation>计费服务自身出现问题。</translation>
        </message>
        <message id="refused.server_failing.next">
            <source>Try again later.</source>
            <translation>请稍后再试。</translation>
        </message>
        <message id="refused.internal_error">
            <source>The billing service has a problem of its own.</source>
            <translation>计费服务自身出现问题。</translation>
        </message>
        <message id="refused.internal_error.next">
            <source>Try again later.</source>
            <translation>请稍后再试。</translation>
        </message>
        <message id="refused.stripe_unavailable">
            <source>The payment service did not answer.</source>
            <translation>支付服务没有回应。</translation>
        </message>
        <message id="refused.stripe_unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>请几分钟后再试。</translation>
        </message>
        <message id="refused.unavailable">
            <source>The billing service is not ready.</source>
            <translation>计费服务尚未就绪。</translation>
        </message>
        <message id="refused.unavailable.next">
            <source>Try again in a few minutes.</source>
            <translation>请几分钟后再试。</translation>
        </message>
        <message id="refused.unsigned_answer">
            <source>The billing service's answer is not signed, so it does not count.</source>
            <translation>计费服务的回应没有签名，因此无效。</translation>
        </message>
        <message id="refused.unsigned_answer.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation>请稍后再试，或联系供应商支持团队。</translation>
        </message>
        <message id="refused.helper_failed">
            <source>A part of this program does not work.</source>
            <translation>本程序的某个部分无法运行。</translation>
        </message>
        <message id="refused.helper_failed.next">
            <source>Install the program again.</source>
            <translation>请重新安装程序。</translation>
        </message>
        <message id="refused.malformed">
            <source>This cannot be read: it is damaged, or something else.</source>
            <translation>无法读取：内容已损坏，或不是所需的内容。</translation>
        </message>
        <message id="refused.malformed.next">
            <source>Get it once more from where it came from.</source>
            <translation>请从原来的来源重新获取。</translation>
        </message>
        <message id="refused.too_large">
            <source>This is too large.</source>
            <translation>内容过大。</translation>
        </message>
        <message id="refused.no_file">
            <source>There is no file {file}.</source>
            <translation>找不到文件“{file}”。</translation>
        </message>
        <message id="refused.secret_found">
            <source>The diagnostics were not given out: a secret is still in {file}.</source>
            <translation>“{file}”中仍含有机密信息，因此未输出诊断信息。</translation>
        </message>
        <message id="refused.secret_found.next">
            <source>Tell the vendor's support that this happened.</source>
            <translation>请将此情况告知供应商支持团队。</translation>
        </message>
        <message id="refused.file_too_large">
            <source>This is no license file: it is too large.</source>
            <translation>这不是许可证文件：文件过大。</translation>
        </message>
        <message id="refused.file_unreadable">
            <source>This file cannot be read.</source>
            <translation>无法读取此文件。</translation>
        </message>
        <message id="refused.wrong_type">
            <source>This is a document of another kind.</source>
            <translation>这是另一种类型的文档。</translation>
        </message>
        <message id="refused.wrong_type.next">
            <source>Choose the license file that you were given.</source>
            <translation>请选择您收到的许可证文件。</translation>
        </message>
        <message id="refused.bad_signature">
            <source>The signature does not fit: this is damaged or was altered.</source>
            <translation>签名不匹配：内容已损坏或被更改。</translation>
        </message>
        <message id="refused.bad_signature.next">
            <source>Get it once more from where it came from.</source>
            <translation>请从原来的来源重新获取。</translation>
        </message>
        <message id="refused.unknown_key">
            <source>This was signed by someone that this program does not know.</source>
            <translation>本程序无法识别其签名方。</translation>
        </message>
        <message id="refused.unknown_key.next">
            <source>Check that it is for this program, or ask the vendor's support.</source>
            <translation>请确认其适用于本程序，或联系供应商支持团队。</translation>
        </message>
        <message id="refused.unsupported_algorithm">
            <source>This is signed in a way that does not count here.</source>
            <translation>此处不接受这种签名方式。</translation>
        </message>
        <message id="refused.unsupported_algorithm.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.unsupported_header">
            <source>This asks for something that is never done.</source>
            <translation>其中要求的操作不受支持。</translation>
        </message>
        <message id="refused.unsupported_header.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.invalid_lifetime">
            <source>This ends before it begins.</source>
            <translation>终止时间早于开始时间。</translation>
        </message>
        <message id="refused.invalid_lifetime.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.past_grace_boundary">
            <source>This claims to last longer than it may.</source>
            <translation>所声明的有效期超出了允许的范围。</translation>
        </message>
        <message id="refused.past_grace_boundary.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.wrong_nonce">
            <source>This is the answer to another question.</source>
            <translation>这是对另一个请求的回应。</translation>
        </message>
        <message id="refused.wrong_nonce.next">
            <source>Try again.</source>
            <translation>请重试。</translation>
        </message>
        <message id="refused.superseded">
            <source>There is a newer one here already.</source>
            <translation>此处已有更新的许可证文件。</translation>
        </message>
        <message id="refused.superseded.next">
            <source>Choose the newest license file.</source>
            <translation>请选择最新的许可证文件。</translation>
        </message>
        <message id="refused.not_yet_valid">
            <source>This was issued in the future.</source>
            <translation>此文件的签发时间在未来。</translation>
        </message>
        <message id="refused.not_yet_valid.next">
            <source>If this computer's date is right, ask the vendor's support.</source>
            <translation>如果此计算机的日期正确，请联系供应商支持团队。</translation>
        </message>
        <message id="refused.root_signs">
            <source>This list of signing keys names a root key, so it isn't accepted.</source>
            <translation>此签名密钥列表包含根密钥，因此不被接受。</translation>
        </message>
        <message id="refused.root_signs.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.version_conflict">
            <source>Another list of signing keys with this version was accepted.</source>
            <translation>已接受过此版本的另一个签名密钥列表。</translation>
        </message>
        <message id="refused.version_conflict.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.keys_missing">
            <source>The list of signing keys is missing on this device.</source>
            <translation>此设备上缺少签名密钥列表。</translation>
        </message>
        <message id="refused.keys_missing.next">
            <source>Refresh the activation.</source>
            <translation>请刷新激活。</translation>
        </message>
        <message id="refused.wrong_product">
            <source>This is for another product.</source>
            <translation>适用于另一款产品。</translation>
        </message>
        <message id="refused.wrong_product.next">
            <source>Choose the license file of this program.</source>
            <translation>请选择本程序的许可证文件。</translation>
        </message>
        <message id="refused.wrong_device">
            <source>This is for another device.</source>
            <translation>适用于另一台设备。</translation>
        </message>
        <message id="refused.wrong_device.next">
            <source>Make a request file on this device, and get a license file for it.</source>
            <translation>请在此设备上创建请求文件，并获取对应的许可证文件。</translation>
        </message>
        <message id="refused.copied">
            <source>These files were copied here from another place.</source>
            <translation>这些文件是从其他位置复制而来的。</translation>
        </message>
        <message id="refused.copied.next">
            <source>Activate this device.</source>
            <translation>请激活此设备。</translation>
        </message>
        <message id="refused.code_mistyped">
            <source>Group {group} of the activation code is not right.</source>
            <translation>激活码的第{group}组不正确。</translation>
        </message>
        <message id="refused.code_mistyped.next">
            <source>Compare it with the code that was shown.</source>
            <translation>请与显示的激活码核对。</translation>
        </message>
        <message id="refused.code_incomplete">
            <source>The activation code is not complete.</source>
            <translation>激活码不完整。</translation>
        </message>
        <message id="refused.code_incomplete.next">
            <source>Type all of its groups.</source>
            <translation>请输入所有分组。</translation>
        </message>
        <message id="refused.code_unknown">
            <source>This activation code is of a kind that this program does not know.</source>
            <translation>本程序不支持这种激活码。</translation>
        </message>
        <message id="refused.code_unknown.next">
            <source>Look for a newer version of this program.</source>
            <translation>请查看本程序是否有新版本。</translation>
        </message>
        <message id="refused.code_elsewhere">
            <source>This activation code is not for this computer, or answers an earlier request.</source>
            <translation>此激活码不适用于这台电脑，或对应的是先前的请求。</translation>
        </message>
        <message id="refused.code_elsewhere.next">
            <source>Scan the picture that this computer shows now, and take the activation code from there.</source>
            <translation>请扫描这台电脑现在显示的图片，并从中获取激活码。</translation>
        </message>
        <message id="refused.no_request">
            <source>An activation code answers a request, and this computer has made none.</source>
            <translation>激活码须对应一个请求，而这台电脑尚未创建请求。</translation>
        </message>
        <message id="refused.no_request.next">
            <source>Have this computer show its request first, and take the activation code from there.</source>
            <translation>请先在这台电脑上显示请求，再从中获取激活码。</translation>
        </message>
        <message id="refused.no_code">
            <source>This license has no activation code.</source>
            <translation>此许可证没有激活码。</translation>
        </message>
        <message id="refused.no_code.next">
            <source>Take the license file.</source>
            <translation>请使用许可证文件。</translation>
        </message>
        <message id="refused.sign_in_needed">
            <source>Nobody is signed in at the billing service.</source>
            <translation>尚未登录计费服务。</translation>
        </message>
        <message id="refused.sign_in_needed.next">
            <source>Sign in first.</source>
            <translation>请先登录。</translation>
        </message>
        <message id="refused.session_ended">
            <source>You are not signed in at the billing service any more.</source>
            <translation>计费服务的登录已失效。</translation>
        </message>
        <message id="refused.session_ended.next">
            <source>Sign in again. What you have paid for goes on working.</source>
            <translation>请重新登录。已付款的内容仍可继续使用。</translation>
        </message>
        <message id="refused.sign_in_denied">
            <source>Nobody signed in: it was declined in the browser.</source>
            <translation>未登录：已在浏览器中拒绝。</translation>
        </message>
        <message id="refused.sign_in_denied.next">
            <source>Sign in again if that was not meant.</source>
            <translation>如非本意，请重新登录。</translation>
        </message>
        <message id="refused.sign_in_timeout">
            <source>Nobody signed in within ten minutes.</source>
            <translation>未在十分钟内登录。</translation>
        </message>
        <message id="refused.sign_in_timeout.next">
            <source>Sign in again.</source>
            <translation>请重新登录。</translation>
        </message>
        <message id="refused.sign_in_failed">
            <source>The sign-in did not succeed.</source>
            <translation>登录未成功。</translation>
        </message>
        <message id="refused.sign_in_failed.next">
            <source>Try again.</source>
            <translation>请重试。</translation>
        </message>
        <message id="refused.sign_in_not_set_up">
            <source>There is nowhere to sign in with this program.</source>
            <translation>本程序没有可以登录的地方。</translation>
        </message>
        <message id="refused.sign_in_not_set_up.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>请向供应商索取新的配置文件。</translation>
        </message>
        <message id="refused.no_sign_in">
            <source>You don't need to sign in to use this program.</source>
            <translation>使用本程序无需登录。</translation>
        </message>
        <message id="refused.no_sign_in.next">
            <source>Pay or restore your purchase to activate this device.</source>
            <translation>请付款或恢复购买以激活此设备。</translation>
        </message>
        <message id="refused.no_seats">
            <source>The number of seats cannot be chosen at this billing service.</source>
            <translation>在此计费服务中无法选择席位数量。</translation>
        </message>
        <message id="refused.no_seats.next">
            <source>Leave --seats out.</source>
            <translation>请去掉 --seats。</translation>
        </message>
        <message id="refused.no_modules">
            <source>There are no modules to choose at this billing service.</source>
            <translation>此计费服务没有可选择的模块。</translation>
        </message>
        <message id="refused.no_modules.next">
            <source>Leave --modules out.</source>
            <translation>请去掉 --modules。</translation>
        </message>
        <message id="refused.no_periods">
            <source>How often to pay cannot be chosen at this billing service.</source>
            <translation>在此计费服务中无法选择付款周期。</translation>
        </message>
        <message id="refused.no_periods.next">
            <source>Leave --period out.</source>
            <translation>请去掉 --period。</translation>
        </message>
        <message id="refused.no_invoices">
            <source>This billing service does not show its invoices here.</source>
            <translation>此计费服务的账单不在这里显示。</translation>
        </message>
        <message id="refused.no_invoices.next">
            <source>Ask the vendor's support for them.</source>
            <translation>请向供应商支持团队索取。</translation>
        </message>
        <message id="refused.no_portal">
            <source>This billing service has no page on which billing is managed.</source>
            <translation>此计费服务没有管理账单的页面。</translation>
        </message>
        <message id="refused.no_portal.next">
            <source>Ask the vendor's support.</source>
            <translation>请联系供应商支持团队。</translation>
        </message>
        <message id="refused.no_restore">
            <source>This billing service sends no links by mail.</source>
            <translation>此计费服务不通过邮件发送链接。</translation>
        </message>
        <message id="refused.no_restore.next">
            <source>Sign in to the account that has paid, and use this device with it.</source>
            <translation>请登录已付款的帐户，并通过它使用此设备。</translation>
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation>此设备尚未激活。</translation>
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation>请先激活。</translation>
        </message>
        <message id="refused.keyring_unavailable">
            <source>The system's keyring is locked.</source>
            <translation>系统密钥环已锁定。</translation>
        </message>
        <message id="refused.keyring_unavailable.next">
            <source>Unlock it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>请将其解锁，或选择将密钥保存在文件中（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_missing">
            <source>There is no keyring on this system.</source>
            <translation>此系统中没有密钥环。</translation>
        </message>
        <message id="refused.keyring_missing.next">
            <source>Set one up, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>请设置密钥环，或选择将密钥保存在文件中（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_broken">
            <source>The system's keyring does not work.</source>
            <translation>系统密钥环无法运行。</translation>
        </message>
        <message id="refused.keyring_broken.next">
            <source>Mend it, or choose to keep the keys in a file (KEYSTEAD_SECRETS=file).</source>
            <translation>请将其修复，或选择将密钥保存在文件中（KEYSTEAD_SECRETS=file）。</translation>
        </message>
        <message id="refused.keyring_timeout">
            <source>The system's keyring did not answer in time.</source>
            <translation>系统密钥环未在时限内回应。</translation>
        </message>
        <message id="refused.keyring_timeout.next">
            <source>See whether it asks for its password in another window.</source>
            <translation>请查看其他窗口是否正在要求输入密码。</translation>
        </message>
        <message id="refused.device_key_lost">
            <source>This device's key is not in the keyring any more.</source>
            <translation>密钥环中已没有此设备的密钥。</translation>
        </message>
        <message id="refused.device_key_lost.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>请使用“我已付款”重新连接此设备。</translation>
        </message>
        <message id="refused.vault_unreadable">
            <source>The saved credentials cannot be opened.</source>
            <translation>无法打开保存的凭据。</translation>
        </message>
        <message id="refused.vault_unreadable.next">
            <source>Use “I already paid” to connect this device again.</source>
            <translation>请使用“我已付款”重新连接此设备。</translation>
        </message>
        <message id="refused.storage_failed">
            <source>{file} could not be saved: {why}.</source>
            <translation>无法保存“{file}”：{why}</translation>
        </message>
        <message id="refused.storage_failed.next">
            <source>Free some disk space, or check who may write to the folder.</source>
            <translation>请释放一些磁盘空间，或检查文件夹的写入权限。</translation>
        </message>
        <message id="refused.not_saved">
            <source>The change could not be saved on this device.</source>
            <translation>更改无法保存到此设备。</translation>
        </message>
        <message id="refused.not_saved.next">
            <source>Free some disk space, then try again.</source>
            <translation>请释放一些磁盘空间，然后重试。</translation>
        </message>
        <message id="refused.unreadable">
            <source>{file} could not be read: {why}.</source>
            <translation>无法读取“{file}”：{why}</translation>
        </message>
        <message id="refused.unreadable.next">
            <source>Check who may read it.</source>
            <translation>请检查其读取权限。</translation>
        </message>
        <message id="refused.socket_failed">
            <source>The background service could not open its door: {why}.</source>
            <translation>后台服务无法开始接受连接：{why}</translation>
        </message>
        <message id="refused.socket_failed.next">
            <source>Check who owns the folder, and who may write to it.</source>
            <translation>请检查文件夹的所有者和写入权限。</translation>
        </message>
        <message id="refused.invalid_input">
            <source>This cannot be used.</source>
            <translation>此内容无法使用。</translation>
        </message>
        <message id="refused.invalid_key">
            <source>This is not an Ed25519 public key.</source>
            <translation>这不是 Ed25519 公钥。</translation>
        </message>
        <message id="refused.invalid_keys">
            <source>This is not a set of Ed25519 public keys.</source>
            <translation>这不是一组 Ed25519 公钥。</translation>
        </message>
        <message id="refused.invalid_profile">
            <source>The profile cannot be used: {why}.</source>
            <translation>无法使用配置文件：{why}</translation>
        </message>
        <message id="refused.invalid_profile.next">
            <source>Ask the vendor for a new profile.</source>
            <translation>请向供应商索取新的配置文件。</translation>
        </message>
        <message id="refused.no_profile">
            <source>No profile was found, so it is not known which product this is for.</source>
            <translation>找不到配置文件，因此无法确定适用于哪款产品。</translation>
        </message>
        <message id="refused.no_profile.next">
            <source>Name the file that came with the program: --profile FILE, or KEYSTEAD_PROFILE=FILE.</source>
            <translation>请指定程序附带的文件：--profile FILE 或 KEYSTEAD_PROFILE=FILE</translation>
        </message>
        <message id="refused.profile_unreadable">
            <source>The profile {file} could not be read: {why}.</source>
            <translation>无法读取配置文件“{file}”：{why}</translation>
        </message>
        <message id="refused.profile_unreadable.next">
            <source>Check the path that --profile or KEYSTEAD_PROFILE names.</source>
            <translation>请检查 --profile 或 KEYSTEAD_PROFILE 指定的路径。</translation>
        </message>
        <message id="refused.not_a_profile">
            <source>The file {file} is no profile.</source>
            <translation>文件“{file}”不是配置文件。</translation>
        </message>
        <message id="refused.not_a_profile.next">
            <source>Ask the vendor for a new one.</source>
            <translation>请向供应商索取新的配置文件。</translation>
        </message>
        <message id="refused.invalid_config">
            <source>The settings in {file} cannot be read.</source>
            <translation>无法读取“{file}”中的设置。</translation>
        </message>
        <message id="refused.invalid_config.next">
            <source>Correct the file, or remove it.</source>
            <translation>请修正或移除此文件。</translation>
        </message>
        <message id="refused.invalid_setting">
            <source>The setting “{setting}” cannot be that.</source>
            <translation>设置“{setting}”不能使用此值。</translation>
        </message>
        <message id="refused.unsupported_system">
            <source>The background service does not run on this system yet.</source>
            <translation>后台服务尚不支持在此系统上运行。</translation>
        </message>
        <message id="refused.not_a_rehearsal">
            <source>A rehearsal needs a backend on this machine, such as keystead-stub.</source>
            <translation>演练需要这台电脑上的后端，例如 keystead-stub。</translation>
        </message>
        <message id="refused.running">
            <source>A daemon of this home is running already.</source>
            <translation>此主目录的守护进程已在运行。</translation>
        </message>
        <message id="refused.running.next">
            <source>Stop it first.</source>
            <translation>请先将其停止。</translation>
        </message>
        <message id="refused.daemon_unreachable">
            <source>The background service does not answer.</source>
            <translation>后台服务没有回应。</translation>
        </message>
        <message id="refused.daemon_unreachable.next">
            <source>Try again: it is started where it does not run.</source>
            <translation>请重试；如未运行，服务会自动启动。</translation>
        </message>
        <message id="refused.daemon_foreign">
            <source>A program of another user answers in place of the background service. Nothing was sent to it.</source>
            <translation>另一个用户的程序代替后台服务应答。没有向其发送任何内容。</translation>
        </message>
        <message id="refused.daemon_foreign.next">
            <source>Ask the administrator of this computer why {folder} is in use.</source>
            <translation>请询问此计算机的管理员为什么 {folder} 被占用。</translation>
        </message>
        <message id="refused.folder_foreign">
            <source>Other users can change {folder}, so it isn't safe for the background service.</source>
            <translation>其他用户可以更改 {folder}，因此对后台服务不安全。</translation>
        </message>
        <message id="refused.folder_foreign.next">
            <source>Make sure that only you can write to it, or ask your administrator.</source>
            <translation>请确保只有您可以写入，或咨询管理员。</translation>
        </message>
        <message id="refused.daemon_stopped">
            <source>The background service stopped while this was waiting.</source>
            <translation>等待期间后台服务已停止。</translation>
        </message>
        <message id="refused.daemon_stopped.next">
            <source>Nothing is lost; see how it stands with: {command} status</source>
            <translation>没有任何内容丢失。查看当前状态：{command} status</translation>
        </message>
        <message id="refused.other_profile">
            <source>The background service runs with other settings of {product} than this program.</source>
            <translation>后台服务使用的 {product} 设置与此程序不同。</translation>
        </message>
        <message id="refused.other_profile.next">
            <source>Update all programs of {product}. Then sign out of this computer and sign in again.</source>
            <translation>请更新 {product} 的所有程序，然后注销此计算机并重新登录。</translation>
        </message>
        <message id="refused.daemon_missing">
            <source>The background service is not installed.</source>
            <translation>后台服务未安装。</translation>
        </message>
        <message id="refused.daemon_missing.next">
            <source>Install it: pip install "keystead[daemon]"</source>
            <translation>请安装：pip install "keystead[daemon]"</translation>
        </message>
        <message id="refused.daemon_failed">
            <source>The background service could not be started: {why}.</source>
            <translation>无法启动后台服务：{why}</translation>
        </message>
        <message id="refused.daemon_failed.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>请运行 `{command} doctor` 查明原因。</translation>
        </message>
        <message id="refused.daemon_late">
            <source>The background service was started but did not answer in time ({seconds} s).</source>
            <translation>后台服务已启动，但未在时限内回应（{seconds}秒）。</translation>
        </message>
        <message id="refused.daemon_late.next">
            <source>Run `{command} doctor` to find out why.</source>
            <translation>请运行 `{command} doctor` 查明原因。</translation>
        </message>
        <message id="refused.daemon_ending">
            <source>The background service is ending.</source>
            <translation>后台服务正在结束运行。</translation>
        </message>
        <message id="refused.daemon_ending.next">
            <source>Try again.</source>
            <translation>请重试。</translation>
        </message>
        <message id="refused.daemon_refused">
            <source>The background service refused this.</source>
            <translation>后台服务拒绝了此请求。</translation>
        </message>
        <message id="refused.invalid_message">
            <source>What the background service said cannot be read.</source>
            <translation>无法读取后台服务的回应。</translation>
        </message>
        <message id="refused.invalid_message.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>请将其停止，正确的版本会自动启动。</translation>
        </message>
        <message id="refused.invalid_json">
            <source>The background service could not read this.</source>
            <translation>后台服务无法读取此请求。</translation>
        </message>
        <message id="refused.invalid_params">
            <source>The background service does not know this request in this form.</source>
            <translation>后台服务不支持这种形式的请求。</translation>
        </message>
        <message id="refused.invalid_params.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>请将其停止，正确的版本会自动启动。</translation>
        </message>
        <message id="refused.method_not_found">
            <source>The background service does not know this request.</source>
            <translation>后台服务不支持此请求。</translation>
        </message>
        <message id="refused.method_not_found.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>请将其停止，正确的版本会自动启动。</translation>
        </message>
        <message id="refused.unknown_check">
            <source>The background service does not know this check.</source>
            <translation>后台服务不支持此检查项目。</translation>
        </message>
        <message id="refused.unknown_check.next">
            <source>Stop it; the right version is started by itself.</source>
            <translation>请将其停止，正确的版本会自动启动。</translation>
        </message>
        <message id="refused.error">
            <source>Something went wrong.</source>
            <translation>出现问题。</translation>
        </message>
        <message id="terminal.note">
            <source>note:</source>
            <translation>注意：</translation>
        </message>
        <message id="terminal.ask_email">
            <source>Email address that you paid with:</source>
            <translation>付款时使用的电子邮件地址：</translation>
        </message>
        <message id="terminal.status">
            <source>See how it stands with: {command} status</source>
            <translation>查看当前状态：{command} status</translation>
        </message>
        <message id="terminal.notices">
            <source>This device notices by itself. See how it stands with: {command} status</source>
            <translation>此设备会自动更新状态。查看当前状态：{command} status</translation>
        </message>
        <message id="terminal.waiting.payment">
            <source>Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>正在等待付款… {elapsed}   （Ctrl-C：停止等待）</translation>
        </message>
        <message id="terminal.waiting.mail">
            <source>Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>正在等待打开链接… {elapsed}   （Ctrl-C：停止等待）</translation>
        </message>
        <message id="terminal.waiting.sign_in">
            <source>Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)</source>
            <translation>正在等待登录… {elapsed}   （Ctrl-C：停止等待）</translation>
        </message>
        <message id="terminal.asking">
            <source>Asking the billing service …</source>
            <translation>正在查询计费服务…</translation>
        </message>
        <message id="terminal.pay_here">
            <source>Pay here, on any device:</source>
            <translation>请在此付款（可使用任一设备）：</translation>
        </message>
        <message id="terminal.pay_there">
            <source>Pay on the page whose link the vendor gave you.</source>
            <translation>请在供应商提供的链接页面上付款。</translation>
        </message>
        <message id="terminal.pay_opened">
            <source>Continue in the browser:</source>
            <translation>请在浏览器中继续：</translation>
        </message>
        <message id="terminal.pay_open">
            <source>Open this link in a browser:</source>
            <translation>请在浏览器中打开此链接：</translation>
        </message>
        <message id="terminal.left_open">
            <source>The payment page stays open; this device notices by itself when it is paid.</source>
            <translation>付款页面仍保持打开。付款后，此设备会自动更新状态。</translation>
        </message>
        <message id="terminal.no_plan">
            <source>The plan or the email address is not one.</source>
            <translation>方案或电子邮件地址不正确。</translation>
        </message>
        <message id="terminal.no_plan.next">
            <source>See the plans with: {command} plans</source>
            <translation>查看方案：{command} plans</translation>
        </message>
        <message id="terminal.portal_opened">
            <source>Opened in the browser:</source>
            <translation>已在浏览器中打开：</translation>
        </message>
        <message id="terminal.portal_here">
            <source>Manage billing here:</source>
            <translation>在此管理账单：</translation>
        </message>
        <message id="terminal.mail_sent">
            <source>If this address has paid, a link is on its way to it. Follow it on any device.</source>
            <translation>如果此地址曾用于付款，您将收到一封包含链接的邮件。请在任一设备上打开链接。</translation>
        </message>
        <message id="terminal.mail_left">
            <source>This device notices by itself when the link is followed.</source>
            <translation>链接打开后，此设备会自动更新状态。</translation>
        </message>
        <message id="terminal.no_address">
            <source>This is not an email address.</source>
            <translation>这不是电子邮件地址。</translation>
        </message>
        <message id="terminal.sign_in_here">
            <source>Sign in here, in a browser on this computer:</source>
            <translation>请在这台电脑的浏览器中登录：</translation>
        </message>
        <message id="terminal.sign_in_opened">
            <source>Sign in with the browser:</source>
            <translation>请在浏览器中登录：</translation>
        </message>
        <message id="terminal.sign_in_open">
            <source>Open this link in a browser on this computer, and sign in:</source>
            <translation>请在这台电脑的浏览器中打开此链接并登录：</translation>
        </message>
        <message id="terminal.then_activate">
            <source>Then go on with: {command} activate</source>
            <translation>登录后请继续：{command} activate</translation>
        </message>
        <message id="terminal.sign_in_left">
            <source>The page for signing in stays open for a few minutes.</source>
            <translation>登录页面在几分钟内有效。</translation>
        </message>
        <message id="terminal.signed_out">
            <source>Nobody is signed in on this device now.</source>
            <translation>此设备现已退出登录。</translation>
        </message>
        <message id="terminal.confirm">
            <source>Give this device's place free? It stops working here. [y/N]</source>
            <translation>要释放此设备占用的名额吗？此处将无法继续使用。[y/N]</translation>
        </message>
        <message id="terminal.confirm.yes">
            <source>y yes</source>
            <translation>y yes 是</translation>
        </message>
        <message id="terminal.unchanged">
            <source>Nothing was changed.</source>
            <translation>未作任何更改。</translation>
        </message>
        <message id="terminal.device">
            <source>DEVICE</source>
            <translation>设备</translation>
        </message>
        <message id="terminal.id">
            <source>ID</source>
            <translation>ID</translation>
        </message>
        <message id="terminal.activated">
            <source>ACTIVATED</source>
            <translation>激活时间</translation>
        </message>
        <message id="terminal.last_seen">
            <source>LAST SEEN</source>
            <translation>上次在线</translation>
        </message>
        <message id="terminal.never">
            <source>never</source>
            <translation>从未</translation>
        </message>
        <message id="terminal.this_device">
            <source>{name} (this device)</source>
            <translation>{name}（此设备）</translation>
        </message>
        <message id="terminal.removed">
            <source>{name} was removed.</source>
            <translation>已移除 {name}。</translation>
        </message>
        <message id="terminal.in_use" numerus="yes">
            <source>{number} of {limit} devices are in use.</source>
            <extracomment>In English, for one: {number} of {limit} devices is in use.</extracomment>
            <translation>
                <numerusform>已使用{number}台设备，上限{limit}台。</numerusform>
            </translation>
        </message>
        <message id="terminal.ambiguous_device">
            <source>More than one device's id begins so.</source>
            <translation>有多台设备的 ID 以此开头。</translation>
        </message>
        <message id="terminal.unknown_device">
            <source>There is no device of this id.</source>
            <translation>没有此 ID 的设备。</translation>
        </message>
        <message id="terminal.which_device">
            <source>See the devices with: {command} devices</source>
            <translation>查看设备：{command} devices</translation>
        </message>
        <message id="terminal.plan">
            <source>PLAN</source>
            <translation>方案</translation>
        </message>
        <message id="terminal.name">
            <source>NAME</source>
            <translation>名称</translation>
        </message>
        <message id="terminal.price">
            <source>PRICE</source>
            <translation>价格</translation>
        </message>
        <message id="terminal.period">
            <source>PERIOD</source>
            <translation>周期</translation>
        </message>
        <message id="terminal.seats">
            <source>SEATS</source>
            <translation>席位</translation>
        </message>
        <message id="terminal.modules">
            <source>MODULES</source>
            <translation>模块</translation>
        </message>
        <message id="terminal.features">
            <source>FEATURES</source>
            <translation>功能</translation>
        </message>
        <message id="terminal.per_seat">
            <source>{price} per seat</source>
            <translation>每席位 {price}</translation>
        </message>
        <message id="terminal.per_module">
            <source>{price} per module</source>
            <translation>每模块 {price}</translation>
        </message>
        <message id="terminal.from_to">
            <source>{least} to {most}</source>
            <translation>{least}至{most}</translation>
        </message>
        <message id="terminal.period.monthly">
            <source>monthly</source>
            <translation>按月</translation>
        </message>
        <message id="terminal.period.yearly">
            <source>yearly</source>
            <translation>按年</translation>
        </message>
        <message id="terminal.period.once">
            <source>once</source>
            <translation>一次性</translation>
        </message>
        <message id="terminal.period.pay_as_you_go">
            <source>as you go</source>
            <translation>按用量</translation>
        </message>
        <message id="terminal.invoice">
            <source>INVOICE</source>
            <translation>账单</translation>
        </message>
        <message id="terminal.date">
            <source>DATE</source>
            <translation>日期</translation>
        </message>
        <message id="terminal.amount">
            <source>AMOUNT</source>
            <translation>金额</translation>
        </message>
        <message id="terminal.state">
            <source>STATUS</source>
            <translation>状态</translation>
        </message>
        <message id="terminal.pay_at">
            <source>PAY AT</source>
            <translation>付款链接</translation>
        </message>
        <message id="terminal.nothing_billed">
            <source>Nothing was billed yet.</source>
            <translation>尚无账单。</translation>
        </message>
        <message id="terminal.invoice.draft">
            <source>in preparation</source>
            <translation>准备中</translation>
        </message>
        <message id="terminal.invoice.open">
            <source>to be paid</source>
            <translation>待支付</translation>
        </message>
        <message id="terminal.invoice.overdue">
            <source>overdue</source>
            <translation>已逾期</translation>
        </message>
        <message id="terminal.invoice.paid">
            <source>paid</source>
            <translation>已支付</translation>
        </message>
        <message id="terminal.invoice.refunded">
            <source>refunded</source>
            <translation>已退款</translation>
        </message>
        <message id="terminal.invoice.disputed">
            <source>disputed</source>
            <translation>有争议</translation>
        </message>
        <message id="terminal.invoice.uncollectible">
            <source>given up</source>
            <translation>无法收回</translation>
        </message>
        <message id="terminal.invoice.void">
            <source>cancelled</source>
            <translation>已作废</translation>
        </message>
        <message id="terminal.nothing_to_pay">
            <source>There is nothing to pay.</source>
            <translation>没有需要支付的账单。</translation>
        </message>
        <message id="terminal.unknown_invoice">
            <source>There is no invoice of this number.</source>
            <translation>没有此编号的账单。</translation>
        </message>
        <message id="terminal.which_invoice">
            <source>See the invoices with: {command} invoices</source>
            <translation>查看账单：{command} invoices</translation>
        </message>
        <message id="terminal.invoice_left">
            <source>The page of the invoice stays open; pay it at any time.</source>
            <translation>账单页面仍然有效，可随时支付。</translation>
        </message>
        <message id="terminal.invoice_now">
            <source>{name}: {state}.</source>
            <translation>{name}：{state}。</translation>
        </message>
        <message id="terminal.written">
            <source>Written: {name}</source>
            <translation>已写入：{name}</translation>
        </message>
        <message id="terminal.follow">
            <source>Open this address on a phone or another computer, or scan the picture:</source>
            <translation>请在手机或另一台电脑上打开此地址，或扫描图片：</translation>
        </message>
        <message id="terminal.hand_in">
            <source>Give this file on the billing page; what comes back goes to: {command} import FILE</source>
            <translation>请在账单页面提交此文件。导入收到的文件：{command} import FILE</translation>
        </message>
        <message id="terminal.no_license">
            <source>This is no license file.</source>
            <translation>这不是许可证文件。</translation>
        </message>
        <message id="terminal.no_file_name">
            <source>This is no name of a file.</source>
            <translation>这不是文件名。</translation>
        </message>
        <message id="terminal.saved">
            <source>Saved: {name}</source>
            <translation>已保存：{name}</translation>
        </message>
        <message id="terminal.saved.next">
            <source>It holds no token, no key and no email address; look into it before you send it.</source>
            <translation>其中不含令牌、密钥或电子邮件地址。发送前请查看内容。</translation>
        </message>
        <message id="tray.tooltip">
            <source>{product}
{sentence}</source>
            <translation>{product}
{sentence}</translation>
        </message>
        <message id="tray.open">
            <source>Open {product}</source>
            <translation>打开 {product}</translation>
        </message>
        <message id="tray.quit">
            <source>Quit</source>
            <translation>退出</translation>
        </message>
        <message id="tray.stays">
            <source>{product} goes on in the tray</source>
            <translation>{product} 将在托盘中继续运行</translation>
        </message>
        <message id="tray.stays.body">
            <source>It tells you here when there is something to do. To end it, choose “Quit” in the menu of its icon.</source>
            <translation>需要您操作时，会在此通知。如要退出，请在图标菜单中选择“退出”。</translation>
        </message>
        <message id="tray.none">
            <source>This desktop has no tray for icons.</source>
            <translation>此桌面没有图标托盘。</translation>
        </message>
        <message id="tray.none.next">
            <source>Minimise the window to keep the program going; closing it ends the program.</source>
            <translation>最小化窗口可让程序继续运行；关闭窗口会退出程序。</translation>
        </message>
        <message id="told.grace">
            <source>{product}: the renewal is not confirmed yet</source>
            <translation>{product}：续订尚未确认</translation>
        </message>
        <message id="told.payment_failed">
            <source>{product}: a payment did not go through</source>
            <translation>{product}：有一笔付款未成功</translation>
        </message>
        <message id="told.day_left">
            <source>{product}: less than a day is left</source>
            <translation>{product}：剩余不到一天</translation>
        </message>
        <message id="told.hour_left">
            <source>{product}: less than an hour is left</source>
            <translation>{product}：剩余不到一小时</translation>
        </message>
        <message id="told.ended">
            <source>{product}: the activation has ended</source>
            <translation>{product}：激活已失效</translation>
        </message>
        <message id="told.device_removed">
            <source>{product}: this device was removed</source>
            <translation>{product}：此设备已被移除</translation>
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
            <translation>正在检查激活…</translation>
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation>后台服务未运行。</translation>
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation>此服务负责维护您的激活：为其续期，并在此窗口中显示状态。您已付款的内容不会丢失。</translation>
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation>正在启动…</translation>
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation>之前的状态：{headline}</translation>
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation>后台服务没有回应，正在重新连接。显示的内容可能不是最新的。</translation>
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation>本程序尚未设置。</translation>
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation>选择方案</translation>
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation>在浏览器中付款。返回后，此设备会自动激活。</translation>
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation>正在获取方案…</translation>
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation>目前没有可购买的方案。</translation>
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation>重新获取方案</translation>
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation>付款周期</translation>
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation>按月</translation>
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation>按年</translation>
        </message>
        <message id="plans.period.once">
            <source>Once</source>
            <translation>一次性</translation>
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation>席位</translation>
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation>减少一个席位</translation>
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation>增加一个席位</translation>
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation>{per} {price}</translation>
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation>每席位{per} {price}</translation>
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation>每月</translation>
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation>每年</translation>
        </message>
        <message id="plans.per.once">
            <source>once</source>
            <translation>一次性</translation>
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation>每期</translation>
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation>合计：{per} {price}（未含税费和折扣）</translation>
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation>{name}，{price}</translation>
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation>包含：{features}</translation>
        </message>
        <message id="plans.modules">
            <source>Modules</source>
            <translation>模块</translation>
        </message>
        <message id="plans.module.each">
            <source>{price} a module {per}</source>
            <translation>每个模块{per} {price}</translation>
        </message>
        <message id="plans.period.pay_as_you_go">
            <source>As you go</source>
            <translation>按需付费</translation>
        </message>
        <message id="plans.per.pay_as_you_go">
            <source>a month</source>
            <translation>每月</translation>
        </message>
        <message id="sign_in">
            <source>Sign in</source>
            <translation>登录</translation>
        </message>
        <message id="sign_in.title">
            <source>Sign in first</source>
            <translation>请先登录</translation>
        </message>
        <message id="sign_in.lead">
            <source>The billing service wants to know who buys. You sign in with your browser, and go on here.</source>
            <translation>计费服务需要知道购买者是谁。请在浏览器中登录，然后在此继续。</translation>
        </message>
        <message id="sign_in.waiting">
            <source>Waiting for you to sign in with the browser…</source>
            <translation>正在等待您在浏览器中登录…</translation>
        </message>
        <message id="sign_out">
            <source>Sign out</source>
            <translation>退出登录</translation>
        </message>
        <message id="join.doing">
            <source>Activating this device…</source>
            <translation>正在激活此设备…</translation>
        </message>
        <message id="settings.account">
            <source>Billing service</source>
            <translation>计费服务</translation>
        </message>
        <message id="back">
            <source>Back</source>
            <translation>返回</translation>
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation>正在打开浏览器…</translation>
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation>已等待 {elapsed}</translation>
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation>正在等待</translation>
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation>该页面在{until}之前有效。</translation>
        </message>
        <message id="waiting.scan">
            <source>Or pay on a phone: point its camera at this.</source>
            <translation>也可以用手机付款：将手机摄像头对准此二维码。</translation>
        </message>
        <message id="waiting.picture">
            <source>QR code with the address of the page</source>
            <translation>付款页面地址的二维码</translation>
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation>我已付款</translation>
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation>请输入付款时使用的电子邮件地址。您将收到一封包含链接的邮件，在任一设备上打开链接，即可激活此设备。</translation>
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation>电子邮件地址</translation>
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation>发送链接</translation>
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation>正在请求发送邮件…</translation>
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation>这不是电子邮件地址。</translation>
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation>您的设备</translation>
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation>已使用{count}台，上限{limit}台。移除后，该设备将无法继续使用。</translation>
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation>正在获取设备…</translation>
        </message>
        <message id="devices.this">
            <source>This device</source>
            <translation>本设备</translation>
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation>未命名的设备</translation>
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation>上次在线：{when}</translation>
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation>尚未在线</translation>
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation>移除</translation>
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation>移除 {name}</translation>
        </message>
        <message id="devices.remove.ask">
            <source>Remove {name}?</source>
            <translation>要移除 {name} 吗？</translation>
        </message>
        <message id="devices.remove.what">
            <source>It stops working there, and its place becomes free for another device.</source>
            <translation>该设备将无法继续使用，其名额会空出来供其他设备使用。</translation>
        </message>
        <message id="devices.remove.yes">
            <source>Remove the device</source>
            <translation>移除设备</translation>
        </message>
        <message id="devices.remove.no">
            <source>Keep it</source>
            <translation>保留</translation>
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation>正在移除…</translation>
        </message>
        <message id="places">
            <source>Places</source>
            <translation>页面</translation>
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation>概览</translation>
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation>设备</translation>
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation>账单</translation>
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation>诊断</translation>
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation>设置</translation>
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation>现在</translation>
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation>已付款{span}</translation>
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation>宽限期{span}</translation>
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation>{label}：{when}</translation>
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation>账单记录</translation>
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation>正在获取账单…</translation>
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation>尚无账单。</translation>
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation>重新获取账单</translation>
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation>更换银行卡</translation>
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation>所有账单和收据</translation>
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation>取消订阅</translation>
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation>账单</translation>
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation>{name}，{when}</translation>
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation>支付</translation>
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation>支付 {name}</translation>
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation>已支付</translation>
        </message>
        <message id="invoice.refunded">
            <source>Refunded</source>
            <translation>已退款</translation>
        </message>
        <message id="invoice.disputed">
            <source>Disputed</source>
            <translation>有争议</translation>
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation>待支付</translation>
        </message>
        <message id="invoice.overdue">
            <source>Overdue</source>
            <translation>已逾期</translation>
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation>准备中</translation>
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation>已作废</translation>
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation>无法收回</translation>
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation>未知</translation>
        </message>
        <message id="checks.loading">
            <source>Looking at one thing after another…</source>
            <translation>正在逐项检查…</translation>
        </message>
        <message id="checks.stopped">
            <source>This was stopped before everything was looked at.</source>
            <translation>检查在完成前已停止。</translation>
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation>重新检查</translation>
        </message>
        <message id="checks.cancel">
            <source>Stop looking</source>
            <translation>停止检查</translation>
        </message>
        <message id="checks.waiting">
            <source>Waiting</source>
            <translation>等待中</translation>
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation>正在检查</translation>
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation>正常</translation>
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation>需要处理</translation>
        </message>
        <message id="checks.untried">
            <source>Not looked at</source>
            <translation>未检查</translation>
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation>保存以供支持</translation>
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation>保存诊断信息</translation>
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation>ZIP 归档 (*.zip)</translation>
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation>正在保存诊断信息…</translation>
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation>已保存为 {name}。其中不含令牌、密钥或电子邮件地址。</translation>
        </message>
        <message id="settings.language">
            <source>Language</source>
            <translation>语言</translation>
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation>外观</translation>
        </message>
        <message id="settings.background">
            <source>In the background</source>
            <translation>后台</translation>
        </message>
        <message id="settings.login">
            <source>Start at login</source>
            <translation>登录时启动</translation>
        </message>
        <message id="settings.login.note">
            <source>The program is there from the start, with its window out of the way.</source>
            <translation>登录后程序即开始运行，其窗口不会打扰您。</translation>
        </message>
        <message id="settings.notifications">
            <source>Notifications</source>
            <translation>通知</translation>
        </message>
        <message id="settings.notifications.note">
            <source>Each thing that needs you is told once. A renewal that worked is never told.</source>
            <translation>需要您处理的事情，每件只通知一次。续订成功时不会通知。</translation>
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation>代理</translation>
        </message>
        <message id="language.system">
            <source>As the system</source>
            <translation>跟随系统</translation>
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation>跟随系统</translation>
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation>浅色</translation>
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation>深色</translation>
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation>跟随系统</translation>
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation>无</translation>
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation>手动</translation>
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation>代理地址</translation>
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation>使用此代理</translation>
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation>这不是代理地址。示例：http://proxy:3128</translation>
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation>正在向计费服务查询…</translation>
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation>正在打开“管理账单”…</translation>
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation>正在读取许可证文件…</translation>
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation>导入许可证文件</translation>
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation>许可证文件 (*.jws *.lic *.txt);;所有文件 (*)</translation>
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation>已导入许可证文件。</translation>
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation>正在收集诊断信息…</translation>
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation>已将诊断信息复制到剪贴板，其中不含机密信息。</translation>
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation>已将链接复制到剪贴板。</translation>
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation>无法打开浏览器。请自行打开此地址：</translation>
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation>地址</translation>
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation>计费服务提供的地址不是网页，因此未打开。</translation>
        </message>
        <message id="facts">
            <source>Details</source>
            <translation>详细信息</translation>
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation>关闭</translation>
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation>一切正常</translation>
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation>正在等待</translation>
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation>需要处理</translation>
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation>不可用</translation>
        </message>
    </context>
</TS>
