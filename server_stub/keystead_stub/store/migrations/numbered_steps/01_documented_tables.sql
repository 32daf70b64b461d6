CREATE TABLE billing_customers (
    customer_id TEXT NOT NULL PRIMARY KEY,
    email TEXT,
    subscription_id TEXT,
    status TEXT NOT NULL,
    price_id TEXT,
    current_period_end {instant},
    cancel_at_period_end INTEGER NOT NULL DEFAULT 0,
    entitlement_key TEXT,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE INDEX billing_customers_by_subscription ON billing_customers (subscription_id);
CREATE INDEX billing_customers_by_email ON billing_customers (email);
CREATE TABLE processed_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    type TEXT NOT NULL,
    created_at {instant} NOT NULL,
    processed_at {instant} NOT NULL
){strict};
CREATE TABLE device_activations (
    device_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES billing_customers (customer_id),
    device_public_key TEXT NOT NULL,
    name TEXT,
    checkout_session_id TEXT,
    activated_at {instant} NOT NULL,
    last_checked_at {instant},
    removed_at {instant}
){strict};
CREATE INDEX device_activations_by_customer ON device_activations (customer_id);
CREATE INDEX device_activations_by_checkout ON device_activations (checkout_session_id);
