"""Who is signed in at the billing service, where somebody has to be."""

from __future__ import annotations

from keystead_client.messages import Message

MESSAGES: dict[str, Message] = {
    "account.signed_in": "You are signed in.",
    "account.signed_in.as": "You are signed in as {subject}.",
    "account.signed_in.for": "You are signed in as {subject}, for {account}.",
    "account.nobody": "Nobody is signed in on this device.",
    # What bills are charged to.
    "account.card": "Card",
    "account.card.ending": "{brand} ending in {last4}",
    # What the browser shows at the end of it.
    "account.page.done": "You are signed in.",
    "account.page.failed": "You are not signed in.",
    "account.page.back": "You can close this page, and go back to where you came from.",
}
