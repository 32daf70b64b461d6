"""The stub's own tables, for queries; the migrations make them.

Columns `…_at` and `…_end` are epoch milliseconds. `billing_customers`, `processed_events` and
`device_activations` are the documents' (contract §3); the others are ours.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _instant(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


billing_customers = sa.Table(
    "billing_customers",
    metadata,
    _text("customer_id", key=True),
    _text("email", null=True),
    _text("subscription_id", null=True),
    _text("status"),
    _text("price_id", null=True),
    _instant("current_period_end", null=True),
    sa.Column("cancel_at_period_end", sa.Integer, nullable=False),
    _text("entitlement_key", null=True),
    _instant("created_at"),
    _instant("updated_at"),
)

processed_events = sa.Table(
    "processed_events",
    metadata,
    _text("event_id", key=True),
    _text("type"),
    _instant("created_at"),
    _instant("processed_at"),
)

device_activations = sa.Table(
    "device_activations",
    metadata,
    _text("device_id", key=True),
    _text("customer_id"),
    _text("device_public_key"),
    _text("name", null=True),
    _text("checkout_session_id", null=True),
    _instant("activated_at"),
    _instant("last_checked_at", null=True),
    _instant("removed_at", null=True),
)

# What Stripe has said about a customer, as it came; the state is a fold over it.
billing_events = sa.Table(
    "billing_events",
    metadata,
    _text("event_id", key=True),
    _text("customer_id"),
    _text("type"),
    _text("object_id", null=True),
    _instant("created_at"),
    _text("payload"),
)

# The fold's result, so that a status call reads one row and not a life.
billing_states = sa.Table(
    "billing_states",
    metadata,
    _text("customer_id", key=True),
    _text("state"),
    _instant("updated_at"),
)

# Which device started which checkout.
checkout_devices = sa.Table(
    "checkout_devices",
    metadata,
    _text("session_id", key=True),
    _text("device_id"),
    _text("device_public_key"),
    _text("name", null=True),
    _text("customer_id", null=True),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("completed_at", null=True),
    _text("return_url", null=True),
    _text("merchant", null=True),
)

restore_requests = sa.Table(
    "restore_requests",
    metadata,
    _text("activation_id", key=True),
    _text("secret_hash"),
    _text("customer_id", null=True),
    _text("device_id"),
    _text("device_public_key"),
    _text("name", null=True),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("confirmed_at", null=True),
    _text("offline_request", null=True),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("recipient"),
    _text("subject"),
    _text("body"),
    _text("link", null=True),
    _instant("created_at"),
)

device_exchanges = sa.Table(
    "device_exchanges",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("customer_id"),
    _text("device_id"),
    _instant("removed_at"),
)

# Proofs that were used (RFC 9449 §11.1); `expires_at` is by the machine's clock.
used_proofs = sa.Table(
    "used_proofs",
    metadata,
    _text("jkt", key=True),
    _text("jti", key=True),
    _instant("expires_at"),
)

# Who pays: an organisation, tenant or account of a billing API, and the customer it is at Stripe.
accounts = sa.Table(
    "accounts",
    metadata,
    _text("api", key=True),
    _text("account_id", key=True),
    _text("customer_id", null=True),
    _instant("linked_at", null=True),
    _instant("created_at"),
)

# Codes of the authorization server, and what renews a session; only hashes are kept.
sign_in_grants = sa.Table(
    "sign_in_grants",
    metadata,
    _text("secret_hash", key=True),
    _text("kind"),
    _text("api"),
    _text("account_id"),
    _text("subject"),
    _text("redirect_uri", null=True),
    _text("challenge", null=True),
    _text("family"),
    _instant("expires_at"),
    _instant("used_at", null=True),
)

# Every billing event of an account, as it was received.
billing_audit = sa.Table(
    "billing_audit",
    metadata,
    _text("api", key=True),
    _text("account_id", key=True),
    _text("event_id", key=True),
    _text("type"),
    _instant("created_at"),
    _instant("received_at"),
)

# What is still to be done outside, such as telling another service; kept until it is done.
jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("kind"),
    _text("key"),
    _text("payload"),
    sa.Column("attempts", sa.Integer, nullable=False),
    _instant("created_at"),
    _instant("due_at", null=True),
    _instant("done_at", null=True),
    _text("last_error", null=True),
)

# What an organisation of `crow` wants before it pays.
billing_builders = sa.Table(
    "billing_builders",
    metadata,
    _text("id", key=True),
    _text("organization_id"),
    _text("modules"),
    sa.Column("pay_as_you_go", sa.Integer, nullable=False),
    _text("billing_period"),
    _text("stripe_customer_id", null=True),
    _text("stripe_subscription_id", null=True),
    _text("status"),
    _text("onboarding_id", null=True),
    _instant("created_at"),
)

organization_subscriptions = sa.Table(
    "organization_subscriptions",
    metadata,
    _text("id", key=True),
    _text("organization_id"),
    _text("modules"),
    sa.Column("pay_as_you_go", sa.Integer, nullable=False),
    _text("billing_period"),
    _text("stripe_customer_id", null=True),
    _text("stripe_subscription_id", null=True),
    _instant("created_at"),
    _instant("updated_at"),
)

# What the stub has received as the notification service of its own rehearsal.
notifications = sa.Table(
    "notifications",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("body"),
    _instant("received_at"),
)

# From what a backend of several processes makes the secrets that nobody set; one row.
made_seed = sa.Table(
    "made_seed",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("seed"),
)

# Accounts that sell on a Stripe account of their own, and its secret key under seal.
merchants = sa.Table(
    "merchants",
    metadata,
    _text("account_id", key=True),
    _text("stripe_account_id"),
    _text("sealed_key"),
    _instant("connected_at"),
)

# What Stripe last said of each object of the merchants' accounts; `said` is the word's place among
# all words.
mirrored_objects = sa.Table(
    "mirrored_objects",
    metadata,
    _text("stripe_account_id", key=True),
    _text("kind", key=True),
    _text("object_id", key=True),
    _instant("created_at"),
    sa.Column("deleted", sa.Integer, nullable=False),
    _text("document"),
    _text("said"),
)

merchant_settings = sa.Table(
    "merchant_settings",
    metadata,
    _text("account_id", key=True),
    _text("time_zone"),
)

# What merchants note of their customers, in the order in which they did.
customer_notes = sa.Table(
    "customer_notes",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    _text("id"),
    _text("account_id"),
    _text("customer_id"),
    _text("note"),
    _text("author"),
    _instant("created_at"),
)

# Which of the CRM's contacts a merchant's customer is.
contact_links = sa.Table(
    "contact_links",
    metadata,
    _text("account_id", key=True),
    _text("customer_id", key=True),
    _text("contact_id"),
    _instant("linked_at"),
)

# Movements of accounts' balances, in their order; nothing of one ever changes.
balance_entries = sa.Table(
    "balance_entries",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    _text("id"),
    _text("account_id"),
    _text("kind"),
    sa.Column("amount", sa.BigInteger, nullable=False),
    _text("currency"),
    _text("source"),
    _text("event_id"),
    _instant("created_at"),
)

# Links to invoices that merchants have made for what they ask; `seq` is their order.
payment_links = sa.Table(
    "payment_links",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    _text("id"),
    _text("account_id"),
    _text("invoice_id"),
    _text("customer_id"),
    _text("code"),
    _text("url"),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("voided_at", null=True),
)

# Requests of merchants that are to be done once, by the key that they came with; no answer yet
# where one is being done.
merchant_requests = sa.Table(
    "merchant_requests",
    metadata,
    _text("account_id", key=True),
    _text("key", key=True),
    _text("fingerprint"),
    _text("answer", null=True),
    _instant("created_at"),
)

# What an operator has switched; a switch without a row is on.
switches = sa.Table(
    "switches",
    metadata,
    _text("name", key=True),
    sa.Column("is_on", sa.Integer, nullable=False),
    _instant("changed_at"),
)

OWN_DATA = (
    merchant_settings,
    mirrored_objects,
    contact_links,
    customer_notes,
    balance_entries,
    payment_links,
    merchant_requests,
    merchants,
    switches,
    notifications,
    organization_subscriptions,
    billing_builders,
    jobs,
    billing_audit,
    sign_in_grants,
    accounts,
    device_exchanges,
    outbox,
    restore_requests,
    checkout_devices,
    device_activations,
    billing_states,
    billing_events,
    processed_events,
    billing_customers,
)
