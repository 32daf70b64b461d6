"""Subscription items."""
