"""The stub: a billing backend and a Stripe to rehearse against."""
