"""What `keystead-stub` does: one module for each command."""
