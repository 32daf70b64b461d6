"""The command line and the desktop app. Both talk only to the daemon."""
