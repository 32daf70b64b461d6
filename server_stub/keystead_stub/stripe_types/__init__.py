"""What simulated and live Stripe share: version, errors, requests, values and events. Pure."""
