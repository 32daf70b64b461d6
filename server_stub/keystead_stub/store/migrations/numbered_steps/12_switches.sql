CREATE TABLE switches (
    name TEXT NOT NULL PRIMARY KEY,
    is_on INTEGER NOT NULL,
    changed_at {instant} NOT NULL
){strict};
