"""How facts are read from Stripe's events and kept."""
