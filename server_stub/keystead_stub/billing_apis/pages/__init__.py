"""The vendor's own pages: results, restore, offline activation and sign-in."""
