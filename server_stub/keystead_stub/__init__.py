"""The stub: a billing backend with a simulated Stripe, to develop and test against."""
