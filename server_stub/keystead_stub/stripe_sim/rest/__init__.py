"""Simulated Stripe as Stripe's own REST API, for the official SDK and for tests of live mode."""
