"""HTTP for all other packages: problem details, faults, rate limits and rendering of pages."""
