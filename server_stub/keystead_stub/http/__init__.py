"""HTTP for every room above: problem details, faults, rate limits and the pages' rendering."""
