"""The largest request body, in bytes, that each kind of route reads."""

DEFAULT = 64 * 1024
#: A request of Stripe's API may have many items with long metadata.
STRIPE_API = 256 * 1024
#: An event contains a whole object, such as an invoice with many lines.
WEBHOOK = 1024 * 1024
