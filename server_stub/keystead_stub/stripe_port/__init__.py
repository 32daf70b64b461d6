"""The seam to Stripe: one protocol, implemented by simulated and by live Stripe."""
