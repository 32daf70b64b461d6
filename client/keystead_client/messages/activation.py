"""What is said of an activation, in the terminal, the tray and the window alike."""

from __future__ import annotations

from keystead_client.messages import Message, Plural

MESSAGES: dict[str, Message] = {
    # Dates and lengths of time, put together as the language does it.
    "date.minute": "{date}, {time}",
    "span.days": Plural("{number} day", "{number} days"),
    "span.hours": Plural("{number} hour", "{number} hours"),
    "span.minutes": Plural("{number} minute", "{number} minutes"),
    "span.two": "{larger} {smaller}",
    "span.moment": "less than a minute",
    "span.just_now": "just now",
    "span.ago": "{span} ago",
    # The one large sentence.
    "unactivated": "This device is not activated yet.",
    "pending.open": "Waiting for your payment to be confirmed.",
    "pending.account": "This device is being activated for your account.",
    "pending.restore": "Waiting for you to follow the link in your mail.",
    "pending.settling": "Waiting for your payment to be confirmed. You can work until {until}.",
    "active": "Active. Everything works.",
    "active.trial": "Active. Your trial runs until {period}.",
    "active.recheck": "Active. It has to be checked again by {until}.",
    "active.ending": "Active until {period}. It ends then, as you asked.",
    "grace.past_due": "Your last payment did not go through. You can go on until {until}.",
    "grace.period_over": "The renewal of {period} is not confirmed yet. You can go on until"
    " {until}.",
    "grace.other": "Your subscription needs a look. You can go on until {until}.",
    "expired": "This activation ended on {ended}.",
    "expired.unknown": "This activation has ended.",
    "expired.unchecked": "This activation ended on {ended}, because it could not be checked.",
    "expired.past_due": "This activation ended on {ended} because your last payment failed.",
    "expired.as_asked": "Your subscription ended on {ended}, as you asked.",
    "inactive.canceled": "Your subscription was canceled.",
    "inactive.purchase": "Your purchase was canceled.",
    "inactive.unpaid": "Your subscription stopped because it was not paid.",
    "inactive.past_due": "Your subscription stopped because the last payment did not go through.",
    "inactive.refunded": "Your payment was refunded, so this activation ended.",
    "inactive.disputed": "Your payment was taken back through your bank, so this activation ended.",
    "inactive.paused": "Your subscription is paused.",
    "inactive.incomplete": "Your first payment is not complete.",
    "inactive.incomplete_expired": "Your first payment was not completed in time.",
    "inactive.not_paid": "Nothing has been paid for this device yet.",
    "pending.bank": "Waiting for your bank to confirm the payment.",
    "inactive.other_product": "Your purchase is for another product.",
    "inactive.device_removed": "This device was removed from your account.",
    "inactive.device_limit": "Your subscription is in use on as many devices as it allows.",
    "inactive.other": "There is no subscription for this device at the moment.",
    "untrusted.device": "This activation belongs to another device.",
    "untrusted.copied": "These files were copied here from another place.",
    "untrusted.key": "This activation was signed by someone that this program does not know.",
    "untrusted.product": "This activation is for another product.",
    "untrusted.altered": "The saved activation is damaged or was altered.",
    # How much is left, after the sentence.
    "left.day": "Less than a day is left: {span}.",
    "left.hour": "Less than an hour is left: {span}.",
    # What to do next.
    "next.buy": "Choose a plan and continue in the browser. If you paid already, restore your"
    " purchase, or import a license file.",
    "next.finish": "Finish in the browser. This notices by itself when the payment is confirmed.",
    "next.mail": "Open the mail on any device, follow its link and confirm.",
    "next.wait": "There is nothing to do; this takes a few minutes at most.",
    "next.resume": "To keep it, open “Manage billing” and resume.",
    "next.pay": "Pay the open invoice, or change your card under “Manage billing”, before then.",
    "next.connect": "Connect to the internet once before then; the rest happens by itself.",
    "next.reconnect": "Connect to the internet. This device then activates automatically.",
    "next.look": "Open “Manage billing” to see what is asked of you.",
    "next.pay_or_buy": "If an invoice is open, pay it. If you paid already, restore your purchase.",
    "next.wait_bank": "This can take several days. This device activates automatically.",
    "next.connect_or_renew": "Connect to the internet once. If the subscription has ended, renew"
    " it.",
    "next.renew": "Subscribe again to go on.",
    "next.buy_again": "Buy it again to go on.",
    "next.pay_now": "Pay the open invoice. This device then activates automatically.",
    "next.unpause": "Open “Manage billing” and resume it.",
    "next.complete": "Open “Manage billing” and complete the payment.",
    "next.removed": "To use it here again, restore your purchase.",
    "next.remove_one": "Remove a device that you no longer use, then refresh.",
    "next.refresh": "Refresh the activation. If that does not help, send the diagnostics to"
    " {support}.",
    "support.vendor": "the vendor's support",
    # Facts beside it.
    "fact.plan": "Plan",
    "fact.plan.seats": Plural("{plan}, {number} seat", "{plan}, {number} seats"),
    "fact.device": "Device",
    "fact.renewal": "Next renewal",
    "fact.paid": "Paid",
    "fact.paid.once": "Once; nothing is renewed",
    "fact.recheck": "To be checked again by",
    "fact.ends": "Ends",
    "fact.period_over": "Paid until",
    "fact.offline": "Works offline until",
    "fact.until": "Works until",
    "fact.ended": "Worked until",
    "fact.checked": "Last check",
    "fact.next_check": "Next check",
    # Hints.
    "hint.clock_behind": "This computer's clock is behind. Set it right; nothing else depends on"
    " it.",
    "hint.server_clock": "The billing service's date is more than a day away from this computer's."
    " You don't need to change anything: the license is checked again automatically.",
    "hint.keyring_unavailable": "The system's keyring is locked or missing, so the activation"
    " cannot be renewed. Unlock it, or choose to keep the keys in a file.",
    "hint.vault_unreadable": "The saved credentials cannot be opened. Refresh, or activate this"
    " device again.",
    "hint.backend_unreachable": "The billing service could not be reached. It is tried again by"
    " itself.",
    "hint.storage_failed": "The activation could not be saved. Free some disk space, or check who"
    " may write to the folder.",
    "hint.payment_failed": "A payment did not go through. Open “Manage billing” to see to it.",
    "hint.cancel_at_period_end": "The subscription will not be renewed.",
    "hint.device_limit": "All devices of this subscription are in use. Remove one that you no"
    " longer need.",
    "hint.license_refused": "The billing service's last answer wasn't accepted, because its"
    " signature or content isn't right. What was valid before stays valid. If this continues,"
    " contact support.",
    "hint.refresh_refused": "The last refresh was refused. {reason}",
    "hint.keys_refused": "The billing service's list of signing keys wasn't accepted. What was"
    " valid before stays valid. If this continues, contact support.",
    "hint.keys_stale": "The vendor's list of signing keys has expired. Your license still works."
    " If this continues, contact support.",
    # Actions.
    "action.activate": "Continue in browser",
    "action.restore": "I already paid",
    "action.join": "Use this device",
    "action.import": "Import a license file",
    "action.offline": "Activate offline",
    "action.reopen": "Open the browser again",
    "action.copy_link": "Copy the link",
    "action.cancel_checkout": "Cancel",
    "action.refresh": "Refresh Activation",
    "action.pay": "Pay invoice",
    "action.portal": "Manage billing",
    "action.devices": "Manage devices",
    "action.diagnostics": "Copy diagnostics",
}
