CREATE TABLE made_seed (
    id INTEGER NOT NULL PRIMARY KEY,
    seed TEXT NOT NULL
){strict};
