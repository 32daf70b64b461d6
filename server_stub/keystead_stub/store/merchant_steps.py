"""Steps of the database's way that bring what merchants have: see `migrations`."""

MERCHANTS = """
CREATE TABLE merchants (
    account_id TEXT NOT NULL PRIMARY KEY,
    stripe_account_id TEXT NOT NULL UNIQUE,
    sealed_key TEXT NOT NULL,
    connected_at {instant} NOT NULL
){strict}
"""

MIRROR = """
CREATE TABLE mirrored_objects (
    stripe_account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    created_at {instant} NOT NULL,
    deleted INTEGER NOT NULL,
    document TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (stripe_account_id, kind, object_id)
){strict};
CREATE INDEX mirrored_objects_by_created ON mirrored_objects (stripe_account_id, kind, created_at);
CREATE TABLE merchant_settings (
    account_id TEXT NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL
){strict}
"""

PEOPLE = """
CREATE TABLE customer_notes (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX customer_notes_by_customer ON customer_notes (account_id, customer_id, seq);
CREATE TABLE contact_links (
    account_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    linked_at {instant} NOT NULL,
    PRIMARY KEY (account_id, customer_id),
    UNIQUE (account_id, contact_id)
){strict}
"""

SOLD_BY = """
ALTER TABLE checkout_devices ADD COLUMN merchant TEXT
"""

BALANCES = """
CREATE TABLE balance_entries (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount {instant} NOT NULL,
    currency TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX balance_entries_by_account ON balance_entries (account_id, seq);
CREATE INDEX balance_entries_by_source ON balance_entries (source)
"""

REQUESTS = """
CREATE TABLE merchant_requests (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT,
    created_at {instant} NOT NULL,
    PRIMARY KEY (account_id, key)
){strict};
CREATE INDEX merchant_requests_by_created ON merchant_requests (created_at)
"""

LINKS = """
CREATE TABLE payment_links (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    voided_at {instant}
){strict};
CREATE INDEX payment_links_by_account ON payment_links (account_id, seq)
"""
