"""The billing API ``dashclicks``: routes, and types of requests and responses.

Instants are epoch ms; amounts are integers in the currency's smallest unit.
"""

BASE = "/v1/billing"
WEBHOOK = f"{BASE}/webhook"
