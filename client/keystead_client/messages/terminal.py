"""What the commands say beside the activation. Names of commands and of files stay as they are."""

from __future__ import annotations

from keystead_client.messages import Message, Plural

MESSAGES: dict[str, Message] = {
    "terminal.note": "note:",
    "terminal.ask_email": "Email address that you paid with:",
    "terminal.status": "See how it stands with: {command} status",
    "terminal.notices": "This device notices by itself. See how it stands with: {command} status",
    # Waiting for what a person does elsewhere.
    "terminal.waiting.payment": "Waiting for the payment … {elapsed}   (Ctrl-C: stop waiting)",
    "terminal.waiting.mail": "Waiting for the link to be followed … {elapsed}   (Ctrl-C: stop"
    " waiting)",
    "terminal.waiting.sign_in": "Waiting for the sign-in … {elapsed}   (Ctrl-C: stop waiting)",
    "terminal.asking": "Asking the billing service …",
    # activate, portal, restore
    "terminal.pay_here": "Pay here, on any device:",
    "terminal.pay_there": "Pay on the page whose link the vendor gave you.",
    "terminal.pay_opened": "Continue in the browser:",
    "terminal.pay_open": "Open this link in a browser:",
    "terminal.left_open": "The payment page stays open; this device notices by itself when it is"
    " paid.",
    "terminal.no_plan": "The plan or the email address is not one.",
    "terminal.no_plan.next": "See the plans with: {command} plans",
    "terminal.portal_opened": "Opened in the browser:",
    "terminal.portal_here": "Manage billing here:",
    "terminal.mail_sent": "If this address has paid, a link is on its way to it. Follow it on any"
    " device.",
    "terminal.mail_left": "This device notices by itself when the link is followed.",
    "terminal.no_address": "This is not an email address.",
    # signin, signout
    "terminal.sign_in_here": "Sign in here, in a browser on this computer:",
    "terminal.sign_in_opened": "Sign in with the browser:",
    "terminal.sign_in_open": "Open this link in a browser on this computer, and sign in:",
    "terminal.then_activate": "Then go on with: {command} activate",
    "terminal.sign_in_left": "The page for signing in stays open for a few minutes.",
    "terminal.signed_out": "Nobody is signed in on this device now.",
    # deactivate
    "terminal.confirm": "Give this device's place free? It stops working here. [y/N]",
    # What may be answered, beside y and yes: letters and words with a space between.
    "terminal.confirm.yes": "y yes",
    "terminal.unchanged": "Nothing was changed.",
    # devices
    "terminal.device": "DEVICE",
    "terminal.id": "ID",
    "terminal.activated": "ACTIVATED",
    "terminal.last_seen": "LAST SEEN",
    "terminal.never": "never",
    "terminal.this_device": "{name} (this device)",
    "terminal.removed": "{name} was removed.",
    "terminal.in_use": Plural(
        "{number} of {limit} devices is in use.", "{number} of {limit} devices are in use."
    ),
    "terminal.ambiguous_device": "More than one device's id begins so.",
    "terminal.unknown_device": "There is no device of this id.",
    "terminal.which_device": "See the devices with: {command} devices",
    # plans, invoices
    "terminal.plan": "PLAN",
    "terminal.name": "NAME",
    "terminal.price": "PRICE",
    "terminal.period": "PERIOD",
    "terminal.seats": "SEATS",
    "terminal.modules": "MODULES",
    "terminal.features": "FEATURES",
    "terminal.per_seat": "{price} per seat",
    "terminal.per_module": "{price} per module",
    "terminal.from_to": "{least} to {most}",
    "terminal.period.monthly": "monthly",
    "terminal.period.yearly": "yearly",
    "terminal.period.once": "once",
    "terminal.period.pay_as_you_go": "as you go",
    "terminal.invoice": "INVOICE",
    "terminal.date": "DATE",
    "terminal.amount": "AMOUNT",
    "terminal.state": "STATUS",
    "terminal.pay_at": "PAY AT",
    "terminal.nothing_billed": "Nothing was billed yet.",
    "terminal.invoice.draft": "in preparation",
    "terminal.invoice.open": "to be paid",
    "terminal.invoice.overdue": "overdue",
    "terminal.invoice.paid": "paid",
    "terminal.invoice.refunded": "refunded",
    "terminal.invoice.disputed": "disputed",
    "terminal.invoice.uncollectible": "given up",
    "terminal.invoice.void": "cancelled",
    "terminal.nothing_to_pay": "There is nothing to pay.",
    "terminal.unknown_invoice": "There is no invoice of this number.",
    "terminal.which_invoice": "See the invoices with: {command} invoices",
    "terminal.invoice_left": "The page of the invoice stays open; pay it at any time.",
    "terminal.invoice_now": "{name}: {state}.",
    # import, request
    "terminal.written": "Written: {name}",
    "terminal.follow": "Open this address on a phone or another computer, or scan the picture:",
    "terminal.hand_in": "Give this file on the billing page; what comes back goes to: {command}"
    " import FILE",
    "terminal.no_license": "This is no license file.",
    "terminal.no_file_name": "This is no name of a file.",
    # diagnostics
    "terminal.saved": "Saved: {name}",
    "terminal.saved.next": "It holds no token, no key and no email address; look into it before you"
    " send it.",
}
