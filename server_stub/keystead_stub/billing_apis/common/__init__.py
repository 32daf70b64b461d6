"""What the billing APIs share: license and webhook routes."""
