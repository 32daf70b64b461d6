CREATE TABLE customer_notes (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    note TEXT NOT NULL,
    author TEXT NOT NULL,
    created_at {instant} NOT NULL
){strict};
CREATE INDEX customer_notes_by_customer ON customer_notes (account_id, customer_id, seq);
CREATE TABLE contact_links (
    account_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    linked_at {instant} NOT NULL,
    PRIMARY KEY (account_id, customer_id),
    UNIQUE (account_id, contact_id)
){strict};
