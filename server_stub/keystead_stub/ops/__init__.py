"""Operation of the stub: configuration, preflight, jobs, health and run files."""
