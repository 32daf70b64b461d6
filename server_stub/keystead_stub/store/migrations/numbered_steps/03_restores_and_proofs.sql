CREATE TABLE restore_requests (
    activation_id TEXT NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    customer_id TEXT,
    device_id TEXT NOT NULL,
    device_public_key TEXT NOT NULL,
    name TEXT,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    confirmed_at {instant}
){strict};
CREATE UNIQUE INDEX restore_requests_by_secret ON restore_requests (secret_hash);
CREATE TABLE outbox (
    id {serial},
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    link TEXT,
    created_at {instant} NOT NULL
){strict};
CREATE TABLE device_exchanges (
    id {serial},
    customer_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    removed_at {instant} NOT NULL
){strict};
CREATE INDEX device_exchanges_by_customer ON device_exchanges (customer_id, removed_at);
CREATE TABLE used_proofs (
    jkt TEXT NOT NULL,
    jti TEXT NOT NULL,
    expires_at {instant} NOT NULL,
    PRIMARY KEY (jkt, jti)
){strict};
CREATE INDEX used_proofs_by_expiry ON used_proofs (expires_at);
