"""Who calls: sessions, device tokens with proof of possession, and the authorization server."""
