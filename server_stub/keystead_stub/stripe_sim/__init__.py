"""A Stripe account that lives in the stub's own database and on its steerable clock."""
