"""What goes over the wire of the billing API ``dashclicks``: people, goods, and money in and out.

Instants are epoch ms; amounts are integers in the currency's smallest unit.
"""

BASE = "/v1/billing"
WEBHOOK = f"{BASE}/webhook"
