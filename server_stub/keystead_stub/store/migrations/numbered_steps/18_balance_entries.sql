CREATE TABLE balance_entries (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount {instant} NOT NULL,
    currency TEXT NOT NULL,
    source TEXT NOT NULL,
    event_id TEXT NOT NULL UNIQUE,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX balance_entries_by_account ON balance_entries (account_id, seq);
CREATE INDEX balance_entries_by_source ON balance_entries (source);
