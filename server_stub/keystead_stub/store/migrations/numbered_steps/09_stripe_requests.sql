CREATE TABLE stripe_requests (
    key VARCHAR(255) NOT NULL PRIMARY KEY,
    fingerprint VARCHAR(64) NOT NULL,
    answer TEXT NOT NULL,
    created_s BIGINT NOT NULL
);
