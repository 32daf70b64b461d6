CREATE TABLE payment_links (
    seq {serial},
    id TEXT NOT NULL UNIQUE,
    account_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    code TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    created_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    voided_at {instant}
){strict};
CREATE INDEX payment_links_by_account ON payment_links (account_id, seq);
