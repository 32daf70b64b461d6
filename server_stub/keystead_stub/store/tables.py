"""The tables of the database, as queries and new databases use them.

Columns `…_at` and `…_end` are epoch milliseconds. The documented tables (specification §12.3) are
in `documented_tables`, what is sold in `catalogue.product_tables`, those of other billing APIs in
`records.record_tables`, simulated Stripe's in `stripe_tables`. A change of a table needs a revision
in `migrations/versions`; a test compares.
"""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.store import columns
from keystead_stub.store.catalogue.product_tables import served_product, sold_prices
from keystead_stub.store.columns import flag, instant, serial, table, text
from keystead_stub.store.documented_tables import billing_customers, device_activations

metadata = columns.metadata

# Events of a customer as Stripe sent them. A history can be rebuilt from them.
billing_events = table(
    "billing_events",
    text("event_id", key=True),
    text("customer_id"),
    text("type"),
    text("object_id", null=True),
    instant("created_at"),
    text("payload"),
    sa.Index("billing_events_by_customer", "customer_id"),
    sa.Index("billing_events_by_object", "object_id"),
)

# Events of payments whose customer no event has named, for each payment that an event names.
unclaimed_events = table(
    "unclaimed_events",
    text("payment_id", key=True),
    text("event_id", key=True),
    flag("shows_payment"),
    text("payload"),
)

# API versions of received webhooks that are not the pinned one, and when one was seen last.
webhook_versions = table(
    "webhook_versions",
    text("version", key=True),
    instant("seen_at"),
)

# A customer's billing state, decided from the history: a status request reads this one row.
# `email` is in lower case: a purchase is restored by it.
billing_states = table(
    "billing_states",
    text("customer_id", key=True),
    text("state"),
    text("email", null=True),
    instant("created_at"),
    instant("updated_at"),
    sa.ForeignKeyConstraint(["customer_id"], [billing_customers.c.customer_id]),
    sa.Index("billing_states_by_email", "email"),
)

# The key and name of each device, and the customer whom it belongs to now or did before it was
# removed. `device_activations` has its times.
devices = table(
    "devices",
    text("device_id", key=True),
    text("customer_id"),
    text("device_public_key"),
    text("name", null=True),
    text("checkout_session_id", null=True),
    instant("removed_at", null=True),
    sa.ForeignKeyConstraint(["customer_id"], [billing_customers.c.customer_id]),
    sa.ForeignKeyConstraint(
        ["customer_id", "device_id"],
        [device_activations.c.customer_id, device_activations.c.device_id],
    ),
    sa.Index("devices_by_customer", "customer_id"),
)

# The fold over a customer's events, so that the next event doesn't have to read the others.
# `version` is the version of the fold; a row of another version is rebuilt from the events.
billing_histories = table(
    "billing_histories",
    text("customer_id", key=True),
    sa.Column("version", sa.Integer, nullable=False),
    text("history"),
    sa.ForeignKeyConstraint(["customer_id"], [billing_customers.c.customer_id]),
)

# The device that started a checkout.
checkout_devices = table(
    "checkout_devices",
    text("session_id", key=True),
    text("device_id"),
    text("device_public_key"),
    text("name", null=True),
    text("customer_id", null=True),
    instant("created_at"),
    instant("expires_at"),
    instant("completed_at", null=True),
    text("return_url", null=True),
    text("merchant", null=True),
    sa.Index("checkout_devices_by_device", "device_id"),
)

restore_requests = table(
    "restore_requests",
    text("activation_id", key=True),
    text("secret_hash"),
    text("customer_id", null=True),
    text("device_id"),
    text("device_public_key"),
    text("name", null=True),
    instant("created_at"),
    instant("expires_at"),
    instant("confirmed_at", null=True),
    text("offline_request", null=True),
    sa.Index("restore_requests_by_secret", "secret_hash", unique=True),
)

# Mails that were sent. `body` and `link` are encrypted, because the link confirms a request.
outbox = table(
    "outbox",
    serial("id"),
    text("recipient"),
    text("subject"),
    text("body"),
    text("link", null=True),
    instant("created_at"),
    text("mailbox", null=True),
    sa.Index("outbox_by_mailbox", "mailbox", "created_at"),
)

device_exchanges = table(
    "device_exchanges",
    serial("id"),
    text("customer_id"),
    text("device_id"),
    instant("removed_at"),
    sa.Index("device_exchanges_by_customer", "customer_id", "removed_at"),
)

# Used DPoP proofs (RFC 9449 §11.1); `expires_at` is by the machine's clock, not the simulated one.
used_proofs = table(
    "used_proofs",
    text("jkt", key=True),
    text("jti", key=True),
    instant("expires_at"),
    sa.Index("used_proofs_by_expiry", "expires_at"),
)

# Organisations, tenants and accounts of the billing APIs, and the Stripe customer of each.
accounts = table(
    "accounts",
    text("api", key=True),
    text("account_id", key=True),
    text("customer_id", null=True),
    instant("linked_at", null=True),
    instant("created_at"),
    sa.Index("accounts_by_customer", "customer_id"),
)

# Authorization codes and refresh tokens; only their hashes are stored.
sign_in_grants = table(
    "sign_in_grants",
    text("secret_hash", key=True),
    text("kind"),
    text("api"),
    text("account_id"),
    text("subject"),
    text("redirect_uri", null=True),
    text("challenge", null=True),
    text("family"),
    instant("expires_at"),
    instant("used_at", null=True),
    sa.Index("sign_in_grants_by_family", "family"),
)

# Every billing event of an account, as it was received.
billing_audit = table(
    "billing_audit",
    text("api", key=True),
    text("account_id", key=True),
    text("event_id", key=True),
    text("type"),
    instant("created_at"),
    instant("received_at"),
)

# The queue of jobs such as notifying another service.
jobs = table(
    "jobs",
    serial("id"),
    text("kind"),
    text("key"),
    text("payload"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    instant("created_at"),
    instant("due_at", null=True),
    instant("done_at", null=True),
    text("last_error", null=True),
    sa.Index("jobs_by_key", "kind", "key", unique=True),
    sa.Index("jobs_by_due", "due_at"),
)

# Notifications that the stub received in the role of the notification service.
notifications = table(
    "notifications",
    serial("id"),
    text("body"),
    instant("received_at"),
)

# The seed of generated secrets, shared by all processes; one row.
made_seed = table(
    "made_seed",
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    text("seed"),
)

# Accounts that sell on a Stripe account of their own; its secret key is encrypted.
merchants = table(
    "merchants",
    text("account_id", key=True),
    text("stripe_account_id"),
    text("sealed_key"),
    instant("connected_at"),
    # The account's id in lower case, which is a part of its audience: no two accounts share it.
    text("seller_id"),
    sa.UniqueConstraint("stripe_account_id"),
    sa.UniqueConstraint("seller_id"),
)

# Accounts of `dashclicks` with their parents, and what the operator allows them.
account_records = table(
    "_accounts",
    text("account_id", key=True),
    text("parent_account_id", null=True),
    flag("gives_free_licenses"),
    instant("created_at"),
    sa.Index("accounts_by_parent", "parent_account_id"),
)

# The latest version of each object of merchants' Stripe accounts; `said` orders the events that
# brought the versions.
mirrored_objects = table(
    "mirrored_objects",
    text("stripe_account_id", key=True),
    text("kind", key=True),
    text("object_id", key=True),
    instant("created_at"),
    flag("deleted"),
    text("document"),
    text("said"),
    sa.Index("mirrored_objects_by_created", "stripe_account_id", "kind", "created_at"),
)

merchant_settings = table(
    "merchant_settings",
    text("account_id", key=True),
    text("time_zone"),
)

# Merchants' notes about their customers; `seq` is their order.
customer_notes = table(
    "customer_notes",
    serial("seq"),
    text("id"),
    text("account_id"),
    text("customer_id"),
    text("note"),
    text("author"),
    instant("created_at"),
    sa.UniqueConstraint("id"),
    sa.Index("customer_notes_by_customer", "account_id", "customer_id", "seq"),
)

# The CRM contact of a merchant's customer.
contact_links = table(
    "contact_links",
    text("account_id", key=True),
    text("customer_id", key=True),
    text("contact_id"),
    instant("linked_at"),
    sa.UniqueConstraint("account_id", "contact_id"),
)

# Entries of accounts' balances; `seq` is their order. A row never changes.
balance_entries = table(
    "balance_entries",
    serial("seq"),
    text("id"),
    text("account_id"),
    text("kind"),
    instant("amount"),
    text("currency"),
    text("source"),
    text("event_id"),
    instant("created_at"),
    # What was paid or used, before it was converted to the ledger's currency at `rate`.
    instant("original_amount"),
    text("original_currency"),
    text("rate"),
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("event_id"),
    sa.Index("balance_entries_by_account", "account_id", "seq"),
    sa.Index("balance_entries_by_source", "source"),
)

# What was used of a balance, in its own currency and, at `rate`, in the ledger's.
usage_logs = table(
    "onebalance-usage_logs",
    serial("seq"),
    text("id"),
    text("account_id"),
    text("description"),
    instant("amount"),
    text("currency"),
    instant("base_amount"),
    text("base_currency"),
    text("rate"),
    instant("created_at"),
    sa.UniqueConstraint("id"),
    sa.Index("usage_logs_by_account", "account_id", "seq"),
)

# The marketplace: what the platform sells to accounts.
store_products = table(
    "_store.products",
    text("id", key=True),
    text("name"),
    text("plan"),
    text("features"),
)
store_prices = table(
    "_store.prices",
    text("id", key=True),
    text("product_id"),
    instant("amount"),
    text("currency"),
    text("interval"),
)

# Merchants' short links to invoices; `seq` is their order.
payment_links = table(
    "payment_links",
    serial("seq"),
    text("id"),
    text("account_id"),
    text("invoice_id"),
    text("customer_id"),
    text("code"),
    text("url"),
    instant("created_at"),
    instant("expires_at"),
    instant("voided_at", null=True),
    sa.UniqueConstraint("id"),
    sa.UniqueConstraint("invoice_id"),
    sa.UniqueConstraint("code"),
    sa.Index("payment_links_by_account", "account_id", "seq"),
)

# Merchants' requests by idempotency key; `answer` is null while the request is running.
merchant_requests = table(
    "merchant_requests",
    text("account_id", key=True),
    text("key", key=True),
    text("fingerprint"),
    text("answer", null=True),
    instant("created_at"),
    sa.Index("merchant_requests_by_created", "created_at"),
)

# Switches of the operator; a switch without a row is on.
switches = table(
    "switches",
    text("name", key=True),
    flag("is_on"),
    instant("changed_at"),
)

# Requests of a caller in a minute, counted by all processes together.
rate_limits = table(
    "rate_limits",
    instant("window_at"),
    text("purpose"),
    text("caller"),
    sa.Column("requests", sa.Integer, nullable=False),
    sa.PrimaryKeyConstraint("window_at", "purpose", "caller"),
)

#: Emptied by a reset, in an order that foreign keys allow. `used_proofs` stays, or a proof could be
#: used twice; `made_seed` stays, because running processes have generated their secrets from it;
#: what is sold is written at each start.
_KEPT = {used_proofs, made_seed, store_products, store_prices, sold_prices, served_product}
OWN_DATA = tuple(table for table in reversed(metadata.sorted_tables) if table not in _KEPT)
