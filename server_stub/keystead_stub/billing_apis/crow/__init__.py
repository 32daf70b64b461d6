"""The billing API ``crow``: organizations with billing builders and modules."""
