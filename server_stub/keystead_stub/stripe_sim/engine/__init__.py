"""Transactions on accounts, the clock, idempotency, search and webhook delivery. No resources."""
