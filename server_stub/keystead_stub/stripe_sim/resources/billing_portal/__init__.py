"""Billing portal."""
