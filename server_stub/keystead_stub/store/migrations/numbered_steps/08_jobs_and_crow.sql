CREATE TABLE jobs (
    id {serial},
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at {instant} NOT NULL,
    due_at {instant},
    done_at {instant},
    last_error TEXT
){strict};
CREATE UNIQUE INDEX jobs_by_key ON jobs (kind, key);
CREATE INDEX jobs_by_due ON jobs (due_at);
CREATE TABLE billing_builders (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    modules TEXT NOT NULL,
    pay_as_you_go INTEGER NOT NULL,
    billing_period TEXT NOT NULL,
    stripe_customer_id TEXT,
    stripe_subscription_id TEXT,
    status TEXT NOT NULL,
    onboarding_id TEXT,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX billing_builders_by_organization ON billing_builders (organization_id);
CREATE TABLE organization_subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL UNIQUE,
    modules TEXT NOT NULL,
    pay_as_you_go INTEGER NOT NULL,
    billing_period TEXT NOT NULL,
    stripe_customer_id TEXT,
    stripe_subscription_id TEXT,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE TABLE notifications (
    id {serial},
    body TEXT NOT NULL,
    received_at {instant} NOT NULL
){strict};
