ALTER TABLE stripe_objects ADD COLUMN created_s BIGINT;
CREATE INDEX stripe_objects_by_created ON stripe_objects (kind, created_s);
CREATE TABLE stripe_funds (
    id VARCHAR(80) NOT NULL PRIMARY KEY,
    currency VARCHAR(8) NOT NULL,
    net BIGINT NOT NULL,
    available_s BIGINT NOT NULL,
    payout_id VARCHAR(80)
);
CREATE INDEX stripe_funds_by_payout ON stripe_funds (payout_id, available_s);
