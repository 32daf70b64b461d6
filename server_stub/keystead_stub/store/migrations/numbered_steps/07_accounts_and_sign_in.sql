CREATE TABLE accounts (
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    customer_id TEXT,
    linked_at {instant},
    created_at {instant} NOT NULL,
    PRIMARY KEY (api, account_id)
){strict};
CREATE INDEX accounts_by_customer ON accounts (customer_id);
CREATE TABLE sign_in_grants (
    secret_hash TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    redirect_uri TEXT,
    challenge TEXT,
    family TEXT NOT NULL,
    expires_at {instant} NOT NULL,
    used_at {instant}
){strict};
CREATE INDEX sign_in_grants_by_family ON sign_in_grants (family);
CREATE TABLE billing_audit (
    api TEXT NOT NULL,
    account_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    created_at {instant} NOT NULL,
    received_at {instant} NOT NULL,
    PRIMARY KEY (api, account_id, event_id)
){strict};
