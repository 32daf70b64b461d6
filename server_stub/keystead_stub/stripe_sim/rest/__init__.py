"""Simulated Stripe as Stripe's own REST API, for the official SDK and for live mode's rehearsal."""
