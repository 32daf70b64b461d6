CREATE TABLE merchants (
    account_id TEXT NOT NULL PRIMARY KEY,
    stripe_account_id TEXT NOT NULL UNIQUE,
    sealed_key TEXT NOT NULL,
    connected_at {instant} NOT NULL
){strict};
