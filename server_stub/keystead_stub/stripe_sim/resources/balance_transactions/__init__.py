"""Balance transactions."""
