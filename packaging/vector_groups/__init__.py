"""The groups of test vectors: what each one holds, and what a right reader says to it."""
