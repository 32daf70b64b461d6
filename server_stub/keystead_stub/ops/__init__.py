"""Running the stub for real: configuration, preflight, jobs, health and run files."""
