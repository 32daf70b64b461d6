"""The tables of the database, as queries and new databases use them.

Columns `…_at` and `…_end` are epoch milliseconds. `billing_customers`, `processed_events` and
`device_activations` are documented (contract §3). Simulated Stripe's tables are in
`stripe_tables`. A change of a table needs a revision in `migrations/versions`; a test compares.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

#: 64 bits. SQLite's strict tables know this type by the name INTEGER alone, and only a column of
#: that name numbers its rows.
BIG_INTEGER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


class _Flag(sa.TypeDecorator[bool]):
    """A truth value as 0 or 1, because SQLite's strict tables know no BOOLEAN."""

    impl = sa.Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: sa.Dialect) -> int | None:
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: sa.Dialect) -> bool | None:
        return None if value is None else bool(value)


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(name, metadata, *parts, sqlite_strict=True)


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=null)


def _instant(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG_INTEGER, nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, _Flag, nullable=False)


def _serial(name: str) -> sa.Column[int]:
    return sa.Column(name, BIG_INTEGER, primary_key=True)


billing_customers = _table(
    "billing_customers",
    _text("customer_id", key=True),
    _text("email", null=True),
    _text("subscription_id", null=True),
    _text("status"),
    _text("price_id", null=True),
    _instant("current_period_end", null=True),
    sa.Column("cancel_at_period_end", _Flag, nullable=False, server_default=sa.text("0")),
    _text("entitlement_key", null=True),
    _instant("created_at"),
    _instant("updated_at"),
    sa.Index("billing_customers_by_subscription", "subscription_id"),
    sa.Index("billing_customers_by_email", "email"),
)

processed_events = _table(
    "processed_events",
    _text("event_id", key=True),
    _text("type"),
    _instant("created_at"),
    _instant("processed_at"),
)

device_activations = _table(
    "device_activations",
    _text("device_id", key=True),
    _text("customer_id"),
    _text("device_public_key"),
    _text("name", null=True),
    _text("checkout_session_id", null=True),
    _instant("activated_at"),
    _instant("last_checked_at", null=True),
    _instant("removed_at", null=True),
    sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
    sa.Index("device_activations_by_customer", "customer_id"),
    sa.Index("device_activations_by_checkout", "checkout_session_id"),
)

# Events of a customer as Stripe sent them. A history can be rebuilt from them.
billing_events = _table(
    "billing_events",
    _text("event_id", key=True),
    _text("customer_id"),
    _text("type"),
    _text("object_id", null=True),
    _instant("created_at"),
    _text("payload"),
    sa.Index("billing_events_by_customer", "customer_id"),
    sa.Index("billing_events_by_object", "object_id"),
)

# A customer's billing state, decided from the history: a status request reads this one row.
billing_states = _table(
    "billing_states",
    _text("customer_id", key=True),
    _text("state"),
    _instant("updated_at"),
    sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
)

# The fold over a customer's events, so that the next event doesn't have to read the others.
# `version` is the version of the fold; a row of another version is rebuilt from the events.
billing_histories = _table(
    "billing_histories",
    _text("customer_id", key=True),
    sa.Column("version", sa.Integer, nullable=False),
    _text("history"),
    sa.ForeignKeyConstraint(["customer_id"], ["billing_customers.customer_id"]),
)

# The device that started a checkout.
checkout_devices = _table(
    "checkout_devices",
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
    sa.Index("checkout_devices_by_device", "device_id"),
)

restore_requests = _table(
    "restore_requests",
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
    sa.Index("restore_requests_by_secret", "secret_hash", unique=True),
)

outbox = _table(
    "outbox",
    _serial("id"),
    _text("recipient"),
    _text("subject"),
    _text("body"),
    _text("link", null=True),
    _instant("created_at"),
)

device_exchanges = _table(
    "device_exchanges",
    _serial("id"),
    _text("customer_id"),
    _text("device_id"),
    _instant("removed_at"),
    sa.Index("device_exchanges_by_customer", "customer_id", "removed_at"),
)

# Used DPoP proofs (RFC 9449 §11.1); `expires_at` is by the machine's clock, not the simulated one.
used_proofs = _table(
    "used_proofs",
    _text("jkt", key=True),
    _text("jti", key=True),
    _instant("expires_at"),
    sa.Index("used_proofs_by_expiry", "expires_at"),
)

# Organisations, tenants and accounts of the billing APIs, and the Stripe customer of each.
accounts = _table(
    "accounts",
    _text("api", key=True),
    _text("account_id", key=True),
    _text("customer_id", null=True),
    _instant("linked_at", null=True),
    _instant("created_at"),
    sa.Index("accounts_by_customer", "customer_id"),
)

# Authorization codes and refresh tokens; only their hashes are stored.
sign_in_grants = _table(
    "sign_in_grants",
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
    sa.Index("sign_in_grants_by_family", "family"),
)

# Every billing event of an account, as it was received.
billing_audit = _table(
    "billing_audit",
    _text("api", key=True),
    _text("account_id", key=True),
    _text("event_id", key=True),
    _text("type"),
    _instant("created_at"),
    _instant("received_at"),
)

# The queue of jobs such as notifying another service.
jobs = _table(
    "jobs",
    _serial("id"),
    _text("kind"),
    _text("key"),
    _text("payload"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    _instant("created_at"),
    _instant("due_at", null=True),
    _instant("done_at", null=True),
    _text("last_error", null=True),
    sa.Index("jobs_by_key", "kind", "key", unique=True),
    sa.Index("jobs_by_due", "due_at"),
)

# What an organisation of `crow` has selected before it pays.
billing_builders = _table(
    "billing_builders",
    _text("id", key=True),
    _text("organization_id"),
    _text("modules"),
    _flag("pay_as_you_go"),
    _text("billing_period"),
    _text("stripe_customer_id", null=True),
    _text("stripe_subscription_id", null=True),
    _text("status"),
    _text("onboarding_id", null=True),
    _instant("created_at"),
    sa.Index("billing_builders_by_organization", "organization_id"),
)

organization_subscriptions = _table(
    "organization_subscriptions",
    _text("id", key=True),
    _text("organization_id"),
    _text("modules"),
    _flag("pay_as_you_go"),
    _text("billing_period"),
    _text("stripe_customer_id", null=True),
    _text("stripe_subscription_id", null=True),
    _instant("created_at"),
    _instant("updated_at"),
    sa.UniqueConstraint("organization_id"),
)

# Notifications that the stub received in the role of the notification service.
notifications = _table(
    "notifications",
    _serial("id"),
    _text("body"),
    _instant("received_at"),
)

# The seed of generated secrets, shared by all processes; one row.
made_seed = _table(
    "made_seed",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    _text("seed"),
)

# Accounts that sell on a Stripe account of their own; its secret key is encrypted.
merchants = _table(
    "merchants",
    _text("account_id", key=True),
    _text("stripe_account_id"),
    _text("sealed_key"),
    _instant("connected_at"),
    sa.UniqueConstraint("stripe_account_id"),
)

# The latest version of each object of merchants' Stripe accounts; `said` orders the events that
# brought the versions.
mirrored_objects = _table(
    "mirrored_objects",
    _text("stripe_account_id", key=True),
    _text("kind", key=True),
    _text("object_id", key=True),
    _instant("created_at"),
    _flag("deleted"),
    _text("document"),
    _text("said"),
    sa.Index("mirrored_objects_by_created", "stripe_account_id", "kind", "created_at"),
)

merchant_settings = _table(
    "merchant_settings",
    _text("account_id", key=True),
    _text("time_zone"),
)

# Merchants' notes about their customers; `seq` is their order.
customer_notes = _table(
    "customer_notes",
    _serial("seq"),
    _text("id"),
    _text("account_id"),
    _text("customer_id"),
    _text("note"),
    _text("author"),
    _instant("created_at"),
    sa.UniqueConstraint("id"),
    sa.Index("customer_notes_by_customer", "account_id", "customer_id", "seq"),
)

# The CRM contact of a merchant's customer.
contact_links = _table(
    "contact_links",
    _text("account_id", key=True),
    _text("customer_id", key=True),
    _text("contact_id"),
    _instant("linked_at"),
    sa.UniqueConstraint("account_id", "contact_id"),
)

# Entries of accounts' balances; `seq` is their order. A row never changes.
balance_entries = _table(
    "balance_entries",
    _serial("seq"),
    _text("id"),
    _text("account_id"),
    _text("kind"),
    _instant("amount"),
    _text("currency"),
    _text("source"),
    _text("event_id"),
    _instant("created_at"),
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("event_id"),
    sa.Index("balance_entries_by_account", "account_id", "seq"),
    sa.Index("balance_entries_by_source", "source"),
)

# Merchants' short links to invoices; `seq` is their order.
payment_links = _table(
    "payment_links",
    _serial("seq"),
    _text("id"),
    _text("account_id"),
    _text("invoice_id"),
    _text("customer_id"),
    _text("code"),
    _text("url"),
    _instant("created_at"),
    _instant("expires_at"),
    _instant("voided_at", null=True),
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("invoice_id"),
    sa.UniqueConstraint("code"),
    sa.Index("payment_links_by_account", "account_id", "seq"),
)

# Merchants' requests by idempotency key; `answer` is null while the request is running.
merchant_requests = _table(
    "merchant_requests",
    _text("account_id", key=True),
    _text("key", key=True),
    _text("fingerprint"),
    _text("answer", null=True),
    _instant("created_at"),
    sa.Index("merchant_requests_by_created", "created_at"),
)

# Switches of the operator; a switch without a row is on.
switches = _table(
    "switches",
    _text("name", key=True),
    _flag("is_on"),
    _instant("changed_at"),
)

#: Emptied by a reset, in an order that foreign keys allow. `used_proofs` stays, or a proof could be
#: used twice; `made_seed` stays, because running processes have generated their secrets from it.
OWN_DATA = tuple(
    table for table in reversed(metadata.sorted_tables) if table not in {used_proofs, made_seed}
)
