"""Fixtures that give a test a running stub."""
