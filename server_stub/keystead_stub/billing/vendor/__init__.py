"""The vendor's own product: its profile, its catalogue, and what was sold before."""
