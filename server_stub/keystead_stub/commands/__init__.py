"""What `keystead-stub` does: one module a command."""
