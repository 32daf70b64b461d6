"""Promotion codes."""
