<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
    <context>
        <name />
        <message id="date.minute">
            <source>{date}, {time}</source>
            <translation type="unfinished" />
        </message>
        <message id="span.days" numerus="yes">
            <source>{number} days</source>
            <extracomment>In English, for one: {number} day</extracomment>
            <translation type="unfinished">
                <numerusform />
                <numerusform />
            </translation>
        </message>
        <message id="span.hours" numerus="yes">
            <source>{number} hours</source>
            <extracomment>In English, for one: {number} hour</extracomment>
            <translation type="unfinished">
                <numerusform />
                <numerusform />
            </translation>
        </message>
        <message id="span.minutes" numerus="yes">
            <source>{number} minutes</source>
            <extracomment>In English, for one: {number} minute</extracomment>
            <translation type="unfinished">
                <numerusform />
                <numerusform />
            </translation>
        </message>
        <message id="span.two">
            <source>{larger} {smaller}</source>
            <translation type="unfinished" />
        </message>
        <message id="span.moment">
            <source>less than a minute</source>
            <translation type="unfinished" />
        </message>
        <message id="span.just_now">
            <source>just now</source>
            <translation type="unfinished" />
        </message>
        <message id="span.ago">
            <source>{span} ago</source>
            <translation type="unfinished" />
        </message>
        <message id="unactivated">
            <source>This device is not activated yet.</source>
            <translation type="unfinished" />
        </message>
        <message id="pending.open">
            <source>Waiting for your payment to be confirmed.</source>
            <translation type="unfinished" />
        </message>
        <message id="pending.restore">
            <source>Waiting for you to follow the link in your mail.</source>
            <translation type="unfinished" />
        </message>
        <message id="pending.settling">
            <source>Waiting for your payment to be confirmed. You can work until {until}.</source>
            <translation type="unfinished" />
        </message>
        <message id="active">
            <source>Active. Everything works.</source>
            <translation type="unfinished" />
        </message>
        <message id="active.trial">
            <source>Active. Your trial runs until {period}.</source>
            <translation type="unfinished" />
        </message>
        <message id="active.ending">
            <source>Active until {period}. It ends then, as you asked.</source>
            <translation type="unfinished" />
        </message>
        <message id="grace.past_due">
            <source>Your last payment did not go through. You can go on until {until}.</source>
            <translation type="unfinished" />
        </message>
        <message id="grace.period_over">
            <source>The renewal of {period} is not confirmed yet. You can go on until {until}.</source>
            <translation type="unfinished" />
        </message>
        <message id="grace.other">
            <source>Your subscription needs a look. You can go on until {until}.</source>
            <translation type="unfinished" />
        </message>
        <message id="expired">
            <source>This activation ended on {ended}.</source>
            <translation type="unfinished" />
        </message>
        <message id="expired.unknown">
            <source>This activation has ended.</source>
            <translation type="unfinished" />
        </message>
        <message id="expired.as_asked">
            <source>Your subscription ended on {ended}, as you asked.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.canceled">
            <source>Your subscription was canceled.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.unpaid">
            <source>Your subscription stopped because it was not paid.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.past_due">
            <source>Your subscription stopped because the last payment did not go through.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.refunded">
            <source>Your payment was refunded, so this activation ended.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.disputed">
            <source>Your payment was taken back through your bank, so this activation ended.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.paused">
            <source>Your subscription is paused.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.incomplete">
            <source>Your first payment is not complete.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.incomplete_expired">
            <source>Your first payment was not completed in time.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.device_removed">
            <source>This device was removed from your account.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation type="unfinished" />
        </message>
        <message id="inactive.other">
            <source>There is no subscription for this device at the moment.</source>
            <translation type="unfinished" />
        </message>
        <message id="untrusted.device">
            <source>This activation belongs to another device.</source>
            <translation type="unfinished" />
        </message>
        <message id="untrusted.copied">
            <source>These files were copied here from another place.</source>
            <translation type="unfinished" />
        </message>
        <message id="untrusted.key">
            <source>This activation was signed by someone that this program does not know.</source>
            <translation type="unfinished" />
        </message>
        <message id="untrusted.product">
            <source>This activation is for another product.</source>
            <translation type="unfinished" />
        </message>
        <message id="untrusted.altered">
            <source>The saved activation is damaged or was altered.</source>
            <translation type="unfinished" />
        </message>
        <message id="left.day">
            <source>Less than a day is left: {span}.</source>
            <translation type="unfinished" />
        </message>
        <message id="left.hour">
            <source>Less than an hour is left: {span}.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.buy">
            <source>Choose a plan and continue in the browser. If you paid already, restore your purchase, or import a license file.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.finish">
            <source>Finish in the browser. This notices by itself when the payment is confirmed.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.mail">
            <source>Open the mail on any device, follow its link and confirm.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.wait">
            <source>There is nothing to do; this takes a few minutes at most.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.resume">
            <source>To keep it, open “Manage billing” and resume.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.pay">
            <source>Open “Manage billing” and pay the open invoice, or change the card, before then.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.connect">
            <source>Connect to the internet once before then; the rest happens by itself.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.look">
            <source>Open “Manage billing” to see what is asked of you.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.connect_or_renew">
            <source>Connect to the internet once. If the subscription has ended, renew it.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.renew">
            <source>Subscribe again to go on.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.pay_now">
            <source>Open “Manage billing” and pay the open invoice to go on at once.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.unpause">
            <source>Open “Manage billing” and resume it.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.complete">
            <source>Open “Manage billing” and complete the payment.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.removed">
            <source>To use it here again, activate this device anew.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.remove_one">
            <source>Remove a device that you no longer use, then refresh.</source>
            <translation type="unfinished" />
        </message>
        <message id="next.refresh">
            <source>Refresh the activation. If that does not help, send the diagnostics to {support}.</source>
            <translation type="unfinished" />
        </message>
        <message id="support.vendor">
            <source>the vendor's support</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.plan">
            <source>Plan</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.plan.seats" numerus="yes">
            <source>{plan}, {number} seats</source>
            <extracomment>In English, for one: {plan}, {number} seat</extracomment>
            <translation type="unfinished">
                <numerusform />
                <numerusform />
            </translation>
        </message>
        <message id="fact.device">
            <source>Device</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.renewal">
            <source>Next renewal</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.ends">
            <source>Ends</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.period_over">
            <source>Paid until</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.offline">
            <source>Works offline until</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.until">
            <source>Works until</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.ended">
            <source>Worked until</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.checked">
            <source>Last check</source>
            <translation type="unfinished" />
        </message>
        <message id="fact.next_check">
            <source>Next check</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.clock_behind">
            <source>This computer's clock is behind. Set it right; nothing else depends on it.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.keyring_unavailable">
            <source>The system's keyring is locked or missing, so the activation cannot be renewed. Unlock it, or choose to keep the keys in a file.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.vault_unreadable">
            <source>The saved credentials cannot be opened. Refresh, or activate this device again.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.backend_unreachable">
            <source>The billing service could not be reached. It is tried again by itself.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.storage_failed">
            <source>The activation could not be saved. Free some disk space, or check who may write to the folder.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.payment_failed">
            <source>A payment did not go through. Open “Manage billing” to see to it.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.cancel_at_period_end">
            <source>The subscription will not be renewed.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.device_limit">
            <source>All devices of this subscription are in use. Remove one that you no longer need.</source>
            <translation type="unfinished" />
        </message>
        <message id="hint.license_refused">
            <source>The last answer of the billing service was not accepted, because its signature or content was not right. What was valid before stays valid.</source>
            <translation type="unfinished" />
        </message>
        <message id="action.activate">
            <source>Continue in browser</source>
            <translation type="unfinished" />
        </message>
        <message id="action.restore">
            <source>I already paid</source>
            <translation type="unfinished" />
        </message>
        <message id="action.import">
            <source>Import a license file</source>
            <translation type="unfinished" />
        </message>
        <message id="action.reopen">
            <source>Open the browser again</source>
            <translation type="unfinished" />
        </message>
        <message id="action.copy_link">
            <source>Copy the link</source>
            <translation type="unfinished" />
        </message>
        <message id="action.cancel_checkout">
            <source>Cancel</source>
            <translation type="unfinished" />
        </message>
        <message id="action.refresh">
            <source>Refresh Activation</source>
            <translation type="unfinished" />
        </message>
        <message id="action.portal">
            <source>Manage billing</source>
            <translation type="unfinished" />
        </message>
        <message id="action.devices">
            <source>Manage devices</source>
            <translation type="unfinished" />
        </message>
        <message id="action.diagnostics">
            <source>Copy diagnostics</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.already_entitled">
            <source>This is already paid for.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.already_entitled.next">
            <source>Use “Manage billing” to change the subscription, or refresh the activation.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.device_limit">
            <source>Your subscription is in use on as many devices as it allows.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.device_limit.next">
            <source>Remove a device that you no longer use, then try again.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.exchange_limit">
            <source>Devices were exchanged too often in the last 30 days.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.exchange_limit.next">
            <source>Try again in a few days, or ask the vendor's support.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.checkout_disabled">
            <source>Nothing can be bought at the moment.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.checkout_disabled.next">
            <source>Try again later, or ask the vendor's support.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.invalid_token">
            <source>The billing service does not recognise this device any more.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.invalid_token.next">
            <source>Activate this device again.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.unknown_device">
            <source>The billing service does not know this device.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.unknown_device.next">
            <source>Activate this device again.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.too_many_requests">
            <source>That was asked too often in a short time.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.too_many_requests.next">
            <source>Try again in a minute.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.not_activated">
            <source>This device is not activated.</source>
            <translation type="unfinished" />
        </message>
        <message id="refused.not_activated.next">
            <source>Activate it first.</source>
            <translation type="unfinished" />
        </message>
        <message id="window.title">
            <source>{product}</source>
            <translation type="unfinished" />
        </message>
        <message id="window.unnamed">
            <source>Keystead</source>
            <translation type="unfinished" />
        </message>
        <message id="connecting">
            <source>Looking at your activation…</source>
            <translation type="unfinished" />
        </message>
        <message id="nobody.title">
            <source>The background service is not running.</source>
            <translation type="unfinished" />
        </message>
        <message id="nobody.body">
            <source>It looks after your activation: it renews it, and tells this window about it. What you have paid for is not lost.</source>
            <translation type="unfinished" />
        </message>
        <message id="nobody.trying">
            <source>Starting it…</source>
            <translation type="unfinished" />
        </message>
        <message id="nobody.try">
            <source>Try again</source>
            <translation type="unfinished" />
        </message>
        <message id="nobody.last">
            <source>Before that: {headline}</source>
            <translation type="unfinished" />
        </message>
        <message id="lost">
            <source>The background service is not answering. It is being sought again; what you see may be out of date.</source>
            <translation type="unfinished" />
        </message>
        <message id="problem.title">
            <source>This program is not set up.</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.title">
            <source>Choose a plan</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.lead">
            <source>You pay in your browser. When you come back, this device is active by itself.</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.loading">
            <source>Fetching the plans…</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.none">
            <source>No plan is on sale at the moment.</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.retry">
            <source>Fetch the plans again</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.period">
            <source>Paid</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.period.monthly">
            <source>Monthly</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.period.yearly">
            <source>Yearly</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.seats">
            <source>Seats</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.seats.fewer">
            <source>One seat less</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.seats.more">
            <source>One seat more</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.seat">
            <source>{price} {per}</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.seat.each">
            <source>{price} a seat {per}</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.per.monthly">
            <source>a month</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.per.yearly">
            <source>a year</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.per.other">
            <source>per period</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.total">
            <source>In total {price} {per}, before taxes and discounts.</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.card">
            <source>{name}, {price}</source>
            <translation type="unfinished" />
        </message>
        <message id="plans.features">
            <source>Includes {features}</source>
            <translation type="unfinished" />
        </message>
        <message id="back">
            <source>Back</source>
            <translation type="unfinished" />
        </message>
        <message id="starting">
            <source>Opening your browser…</source>
            <translation type="unfinished" />
        </message>
        <message id="waiting.since">
            <source>Waiting for {elapsed}</source>
            <translation type="unfinished" />
        </message>
        <message id="waiting.progress">
            <source>Waiting</source>
            <translation type="unfinished" />
        </message>
        <message id="waiting.expires">
            <source>The page stays open until {until}.</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.title">
            <source>I already paid</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.lead">
            <source>Give the email address that you paid with. You get a mail with a link; follow it on any device, and this one is activated.</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.email">
            <source>Email address</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.send">
            <source>Send the link</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.sending">
            <source>Asking for the mail…</source>
            <translation type="unfinished" />
        </message>
        <message id="restore.invalid">
            <source>This is not an email address.</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.title">
            <source>Your devices</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.lead">
            <source>{count} of {limit} in use. A device that is removed stops working there.</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.loading">
            <source>Fetching your devices…</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.this">
            <source>{name} (this device)</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.unnamed">
            <source>A device without a name</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.seen">
            <source>Last seen {when}</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.unseen">
            <source>Not seen yet</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.remove">
            <source>Remove</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.remove.named">
            <source>Remove {name}</source>
            <translation type="unfinished" />
        </message>
        <message id="devices.removing">
            <source>Removing…</source>
            <translation type="unfinished" />
        </message>
        <message id="places">
            <source>Places</source>
            <translation type="unfinished" />
        </message>
        <message id="place.overview">
            <source>Overview</source>
            <translation type="unfinished" />
        </message>
        <message id="place.devices">
            <source>Devices</source>
            <translation type="unfinished" />
        </message>
        <message id="place.billing">
            <source>Billing</source>
            <translation type="unfinished" />
        </message>
        <message id="place.diagnostics">
            <source>Diagnostics</source>
            <translation type="unfinished" />
        </message>
        <message id="place.settings">
            <source>Settings</source>
            <translation type="unfinished" />
        </message>
        <message id="timeline.now">
            <source>Now</source>
            <translation type="unfinished" />
        </message>
        <message id="timeline.paid">
            <source>{span} paid</source>
            <translation type="unfinished" />
        </message>
        <message id="timeline.grace">
            <source>{span} of grace</source>
            <translation type="unfinished" />
        </message>
        <message id="timeline.mark">
            <source>{label}: {when}</source>
            <translation type="unfinished" />
        </message>
        <message id="billing.invoices">
            <source>Invoices</source>
            <translation type="unfinished" />
        </message>
        <message id="billing.loading">
            <source>Fetching your invoices…</source>
            <translation type="unfinished" />
        </message>
        <message id="billing.none">
            <source>There is no invoice yet.</source>
            <translation type="unfinished" />
        </message>
        <message id="billing.retry">
            <source>Fetch the invoices again</source>
            <translation type="unfinished" />
        </message>
        <message id="flow.payment_method_update">
            <source>Change the card</source>
            <translation type="unfinished" />
        </message>
        <message id="flow.invoices">
            <source>All invoices and receipts</source>
            <translation type="unfinished" />
        </message>
        <message id="flow.subscription_cancel">
            <source>Cancel the subscription</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.unnamed">
            <source>Invoice</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.line">
            <source>{name}, {when}</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.pay">
            <source>Pay</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.pay.named">
            <source>Pay {name}</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.paid">
            <source>Paid</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.open">
            <source>Open</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.draft">
            <source>In preparation</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.void">
            <source>Void</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.uncollectible">
            <source>Not paid</source>
            <translation type="unfinished" />
        </message>
        <message id="invoice.other">
            <source>Unknown</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.well">
            <source>All is well.</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.not_well">
            <source>Something needs attention.</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.loading">
            <source>Looking at everything…</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.running">
            <source>Looking</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.run">
            <source>Look again</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.ok">
            <source>In order</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.not_ok">
            <source>Needs attention</source>
            <translation type="unfinished" />
        </message>
        <message id="checks.daemon">
            <source>Version {version} answers.</source>
            <translation type="unfinished" />
        </message>
        <message id="check.daemon">
            <source>Background service</source>
            <translation type="unfinished" />
        </message>
        <message id="check.server">
            <source>Billing service</source>
            <translation type="unfinished" />
        </message>
        <message id="check.tls">
            <source>Secure connection</source>
            <translation type="unfinished" />
        </message>
        <message id="check.clock">
            <source>Clock</source>
            <translation type="unfinished" />
        </message>
        <message id="check.keyring">
            <source>Keyring</source>
            <translation type="unfinished" />
        </message>
        <message id="check.license">
            <source>License</source>
            <translation type="unfinished" />
        </message>
        <message id="bundle.save">
            <source>Save for support</source>
            <translation type="unfinished" />
        </message>
        <message id="bundle.title">
            <source>Save the diagnostics</source>
            <translation type="unfinished" />
        </message>
        <message id="bundle.files">
            <source>Zip archives (*.zip)</source>
            <translation type="unfinished" />
        </message>
        <message id="bundle.saving">
            <source>Saving the diagnostics…</source>
            <translation type="unfinished" />
        </message>
        <message id="bundle.saved">
            <source>Saved as {name}. It holds no token, no key and no email address.</source>
            <translation type="unfinished" />
        </message>
        <message id="settings.appearance">
            <source>Appearance</source>
            <translation type="unfinished" />
        </message>
        <message id="settings.proxy">
            <source>Proxy</source>
            <translation type="unfinished" />
        </message>
        <message id="appearance.system">
            <source>As the system</source>
            <translation type="unfinished" />
        </message>
        <message id="appearance.light">
            <source>Light</source>
            <translation type="unfinished" />
        </message>
        <message id="appearance.dark">
            <source>Dark</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.system">
            <source>As the system</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.none">
            <source>None</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.manual">
            <source>This one</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.address">
            <source>Address of the proxy</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.take">
            <source>Use this proxy</source>
            <translation type="unfinished" />
        </message>
        <message id="proxy.invalid">
            <source>This is no address of a proxy. One looks like http://proxy:3128.</source>
            <translation type="unfinished" />
        </message>
        <message id="refreshing">
            <source>Checking with the billing service…</source>
            <translation type="unfinished" />
        </message>
        <message id="opening">
            <source>Opening “Manage billing”…</source>
            <translation type="unfinished" />
        </message>
        <message id="importing">
            <source>Reading the license file…</source>
            <translation type="unfinished" />
        </message>
        <message id="import.title">
            <source>Import a license file</source>
            <translation type="unfinished" />
        </message>
        <message id="import.files">
            <source>License files (*.jws *.lic *.txt);;All files (*)</source>
            <translation type="unfinished" />
        </message>
        <message id="import.unreadable">
            <source>This file cannot be read.</source>
            <translation type="unfinished" />
        </message>
        <message id="import.too_large">
            <source>This is no license file: it is too large.</source>
            <translation type="unfinished" />
        </message>
        <message id="import.done">
            <source>The license file was taken over.</source>
            <translation type="unfinished" />
        </message>
        <message id="copying">
            <source>Gathering the diagnostics…</source>
            <translation type="unfinished" />
        </message>
        <message id="copied.diagnostics">
            <source>The diagnostics are on the clipboard. There is no secret in them.</source>
            <translation type="unfinished" />
        </message>
        <message id="copied.link">
            <source>The link is on the clipboard.</source>
            <translation type="unfinished" />
        </message>
        <message id="browser.failed">
            <source>Your browser could not be opened. Open this address yourself:</source>
            <translation type="unfinished" />
        </message>
        <message id="browser.address">
            <source>Address</source>
            <translation type="unfinished" />
        </message>
        <message id="browser.refused">
            <source>The billing service named an address that is no web page. It was not opened.</source>
            <translation type="unfinished" />
        </message>
        <message id="facts">
            <source>Details</source>
            <translation type="unfinished" />
        </message>
        <message id="notice.close">
            <source>Dismiss</source>
            <translation type="unfinished" />
        </message>
        <message id="mark.ok">
            <source>All is well</source>
            <translation type="unfinished" />
        </message>
        <message id="mark.wait">
            <source>Waiting</source>
            <translation type="unfinished" />
        </message>
        <message id="mark.attention">
            <source>Needs your attention</source>
            <translation type="unfinished" />
        </message>
        <message id="mark.blocked">
            <source>Not usable</source>
            <translation type="unfinished" />
        </message>
    </context>
</TS>
