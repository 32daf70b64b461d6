"""The example product that the stub sells; a vendor's own backend has its own."""

PRODUCT_ID = "nyra"
PRODUCT_NAME = "NyrA Swarm Little Buddy"
SUPPORT_EMAIL = "support@nyra.example"
