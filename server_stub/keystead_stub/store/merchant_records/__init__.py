"""Records of `dashclicks`: accounts, the marketplace, the usage log, and views by their names."""
