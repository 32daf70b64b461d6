CREATE TABLE mirrored_objects (
    stripe_account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    created_at {instant} NOT NULL,
    deleted INTEGER NOT NULL,
    document TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (stripe_account_id, kind, object_id)
){strict};
CREATE INDEX mirrored_objects_by_created ON mirrored_objects (stripe_account_id, kind, created_at);
CREATE TABLE merchant_settings (
    account_id TEXT NOT NULL PRIMARY KEY,
    time_zone TEXT NOT NULL
){strict};
