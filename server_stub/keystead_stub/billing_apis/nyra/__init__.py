"""Nyra."""
