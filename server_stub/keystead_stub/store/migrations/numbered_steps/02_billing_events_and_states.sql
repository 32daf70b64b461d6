CREATE TABLE billing_events (
    event_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT,
    created_at {instant} NOT NULL,
    payload TEXT NOT NULL
){strict};
CREATE INDEX billing_events_by_customer ON billing_events (customer_id);
CREATE INDEX billing_events_by_object ON billing_events (object_id);
CREATE TABLE billing_states (
    customer_id TEXT NOT NULL PRIMARY KEY REFERENCES billing_customers (customer_id),
    state TEXT NOT NULL,
    updated_at {instant} NOT NULL
){strict};
CREATE TABLE checkout_devices (
    session_id TEXT NOT NULL PRIMARY KEY,
    device_id TEXT NOT NULL,
    device_public_key TEXT NOT NULL,
    name TEXT,
    customer_id TEXT,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    completed_at {instant}
){strict};
CREATE INDEX checkout_devices_by_device ON checkout_devices (device_id);
