"""Stripe port."""
