"""What goes over the wire between daemon and backend: one module a billing API."""
