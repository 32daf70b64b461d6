"""The command line and the desktop: both talk to the daemon alone."""
