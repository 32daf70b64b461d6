CREATE TABLE stripe_keys (
    key_hash VARCHAR(64) NOT NULL PRIMARY KEY,
    account_id VARCHAR(48) NOT NULL,
    UNIQUE (account_id)
);
CREATE TABLE stripe_objects (
    seq {serial},
    account_id VARCHAR(48) NOT NULL,
    id VARCHAR(80) NOT NULL,
    kind VARCHAR(48) NOT NULL,
    customer_id VARCHAR(32),
    document TEXT NOT NULL,
    private TEXT NOT NULL,
    created_s BIGINT,
    UNIQUE (id, account_id)
);
CREATE INDEX stripe_objects_by_customer ON stripe_objects (customer_id, kind, seq);
CREATE INDEX stripe_objects_by_created ON stripe_objects (kind, created_s);
CREATE INDEX stripe_objects_by_kind ON stripe_objects (account_id, kind, seq);
CREATE TABLE stripe_funds (
    account_id VARCHAR(48) NOT NULL,
    id VARCHAR(80) NOT NULL,
    currency VARCHAR(8) NOT NULL,
    net BIGINT NOT NULL,
    available_s BIGINT NOT NULL,
    payout_id VARCHAR(80),
    PRIMARY KEY (account_id, id)
);
CREATE INDEX stripe_funds_by_payout ON stripe_funds (account_id, payout_id, available_s);
CREATE TABLE stripe_requests (
    account_id VARCHAR(48) NOT NULL,
    key VARCHAR(255) NOT NULL,
    fingerprint VARCHAR(64) NOT NULL,
    answer TEXT NOT NULL,
    created_s BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE TABLE stripe_timers (
    id {serial},
    account_id VARCHAR(48) NOT NULL,
    due_ms BIGINT NOT NULL,
    kind VARCHAR(24) NOT NULL,
    object_id VARCHAR(80) NOT NULL
);
CREATE INDEX stripe_timers_by_due ON stripe_timers (due_ms, id);
CREATE INDEX stripe_timers_by_object ON stripe_timers (object_id);
CREATE TABLE stripe_events (
    seq BIGINT NOT NULL PRIMARY KEY,
    account_id VARCHAR(48) NOT NULL,
    id VARCHAR(48) NOT NULL,
    type VARCHAR(64) NOT NULL,
    created_ms BIGINT NOT NULL,
    object_id VARCHAR(80),
    customer_id VARCHAR(32),
    document TEXT NOT NULL,
    UNIQUE (id)
);
CREATE INDEX stripe_events_by_customer ON stripe_events (customer_id, seq);
CREATE INDEX stripe_events_by_account ON stripe_events (account_id, seq);
CREATE INDEX stripe_events_by_type ON stripe_events (type, seq);
CREATE TABLE stripe_endpoints (
    id VARCHAR(48) NOT NULL PRIMARY KEY,
    account_id VARCHAR(48) NOT NULL,
    url VARCHAR(2048) NOT NULL,
    secrets TEXT NOT NULL,
    enabled_events TEXT NOT NULL,
    UNIQUE (url, account_id)
);
