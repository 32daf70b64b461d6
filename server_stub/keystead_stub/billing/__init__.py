"""Licensing by what was paid: events in, billing state, licenses, devices and checkouts."""
