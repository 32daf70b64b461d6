"""What was sold from this database, and of which product."""
