"""Crow."""
