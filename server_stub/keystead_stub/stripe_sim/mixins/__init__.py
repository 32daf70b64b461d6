"""Transactions of the simulated account, grouped by subject."""
