"""What is kept of Stripe's webhooks beside the events of customers."""
