"""View models: from what is known to what a screen shows. Pure: no Qt, no clock, no file."""
