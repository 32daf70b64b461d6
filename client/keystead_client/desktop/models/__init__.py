"""View models: turn the window's state into what a page shows. Pure: no Qt, no clock, no file."""
