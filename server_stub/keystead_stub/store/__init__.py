"""The database: tables and queries in SQLAlchemy Core, on SQLite or PostgreSQL."""
