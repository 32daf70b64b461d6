"""The billing API ``mission-control``: tenants with plans and seats."""
