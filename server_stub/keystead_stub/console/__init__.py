"""The operator's and developer's console: pages to watch and steer the stub."""
