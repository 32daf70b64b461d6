"""The commands of `keystead-stub`, one module each."""
