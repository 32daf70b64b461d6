"""The balance of an account: what is paid in, and what is bought from it."""
