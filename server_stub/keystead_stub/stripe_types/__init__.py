"""Stripe as the stub sees it: one interface, simulated or the real thing."""
