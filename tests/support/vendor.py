"""A vendor's own product: profile and catalogue, rehearsed in the place of the example's."""

from __future__ import annotations

PROFILE = """\
[product]
id = "acme-notes"
name = "Acme & Sons Notes"
support_email = "help@acme.example"

[backend]
url = "https://billing.acme.example"

# Keys that are not made yet.
[trust]
keys = "keys.json"

[storage]
secrets = "file"
"""

CATALOGUE = """\
currency = "usd"
offline_grace_hours = 48
device_limit = 2

[[plans]]
key = "studio"
name = "Acme Studio"
features = ["render", "batch"]
monthly = 2900
yearly = 29000
seats = { min = 1, max = 50 }

[[plans]]
key = "trial"
name = "Acme Trial"
features = ["render"]
monthly = 1900
trial_days = 14

[[plans]]
key = "lifetime"
name = "Acme for ever"
features = ["render", "batch", "archive"]
once = 49900
"""
#: In a currency without decimals, and with no monthly price.
YEN = """\
currency = "jpy"

[[plans]]
key = "nenkan"
name = "年間プラン"
yearly = 12000
"""
