"""Where the stub keeps what it knows: SQLAlchemy Core over SQLite or PostgreSQL."""
