"""Mixins."""
