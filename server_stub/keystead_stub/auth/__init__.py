"""Authentication: sessions, device tokens with proof of possession, the authorization server."""
