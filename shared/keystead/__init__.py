"""Keystead: may this program run, and until when."""
