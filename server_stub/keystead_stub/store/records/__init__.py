"""Records of `crow`, `mission-control` and `stripe-integration`, named as in their documents."""
