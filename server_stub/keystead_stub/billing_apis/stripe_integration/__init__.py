"""Stripe integration."""
