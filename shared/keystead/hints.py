"""The hints of a status: codes of conditions that may need attention."""

from __future__ import annotations

CLOCK_BEHIND = "clock_behind"
SERVER_CLOCK = "server_clock"
KEYRING_UNAVAILABLE = "keyring_unavailable"
VAULT_UNREADABLE = "vault_unreadable"
BACKEND_UNREACHABLE = "backend_unreachable"
STORAGE_FAILED = "storage_failed"
PAYMENT_FAILED = "payment_failed"
CANCEL_AT_PERIOD_END = "cancel_at_period_end"
DEVICE_LIMIT = "device_limit"
LICENSE_REFUSED = "license_refused"
REFRESH_REFUSED = "refresh_refused"
KEYS_REFUSED = "keys_refused"
KEYS_STALE = "keys_stale"
