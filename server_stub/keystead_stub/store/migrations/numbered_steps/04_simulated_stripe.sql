CREATE TABLE stripe_account (
    id INTEGER NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    offset_ms BIGINT NOT NULL,
    floor_ms BIGINT NOT NULL
);
CREATE TABLE stripe_objects (
    seq {serial},
    id VARCHAR(80) NOT NULL,
    kind VARCHAR(48) NOT NULL,
    customer_id VARCHAR(32),
    document TEXT NOT NULL,
    private TEXT NOT NULL,
    UNIQUE (id)
);
CREATE INDEX stripe_objects_by_customer ON stripe_objects (customer_id, kind, seq);
CREATE INDEX stripe_objects_by_kind ON stripe_objects (kind, seq);
CREATE TABLE stripe_timers (
    id {serial},
    due_ms BIGINT NOT NULL,
    kind VARCHAR(24) NOT NULL,
    object_id VARCHAR(80) NOT NULL
);
CREATE INDEX stripe_timers_by_due ON stripe_timers (due_ms, id);
CREATE INDEX stripe_timers_by_object ON stripe_timers (object_id);
CREATE TABLE stripe_events (
    seq BIGINT NOT NULL PRIMARY KEY,
    id VARCHAR(48) NOT NULL,
    type VARCHAR(64) NOT NULL,
    created_ms BIGINT NOT NULL,
    object_id VARCHAR(80),
    customer_id VARCHAR(32),
    document TEXT NOT NULL,
    UNIQUE (id)
);
CREATE INDEX stripe_events_by_customer ON stripe_events (customer_id, seq);
CREATE INDEX stripe_events_by_type ON stripe_events (type, seq);
CREATE TABLE stripe_endpoints (
    id VARCHAR(48) NOT NULL PRIMARY KEY,
    url VARCHAR(2048) NOT NULL,
    secrets TEXT NOT NULL,
    enabled_events TEXT NOT NULL,
    UNIQUE (url)
);
CREATE TABLE stripe_pending (
    event_id VARCHAR(48) NOT NULL,
    endpoint_id VARCHAR(48) NOT NULL,
    event_seq BIGINT NOT NULL,
    due_ms BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    since_ms BIGINT NOT NULL,
    PRIMARY KEY (event_id, endpoint_id)
);
CREATE INDEX stripe_pending_by_due ON stripe_pending (due_ms, event_seq);
CREATE TABLE stripe_deliveries (
    seq {serial},
    event_id VARCHAR(48) NOT NULL,
    endpoint_id VARCHAR(48) NOT NULL,
    url VARCHAR(2048) NOT NULL,
    attempt INTEGER NOT NULL,
    at_ms BIGINT NOT NULL,
    status INTEGER,
    duration_ms INTEGER NOT NULL,
    error VARCHAR(200),
    next_attempt_ms BIGINT
);
CREATE INDEX stripe_deliveries_by_event ON stripe_deliveries (event_id, seq);
