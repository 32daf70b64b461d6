"""Requests and responses between daemon and backend: one module per billing API."""
