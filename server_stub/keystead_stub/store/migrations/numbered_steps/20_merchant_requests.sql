CREATE TABLE merchant_requests (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    answer TEXT,
    created_at {instant} NOT NULL,
    PRIMARY KEY (account_id, key)
){strict};
CREATE INDEX merchant_requests_by_created ON merchant_requests (created_at);
