"""The example product that the stub sells."""

PRODUCT_ID = "nyra"
PRODUCT_NAME = "NyrA Swarm Little Buddy"
SUPPORT_EMAIL = "support@nyra.example"
