"""Names and limits of the specification, importable without loading the types that use them."""

from __future__ import annotations

#: The file name of a vendor's profile (specification §11.1), and its maximum size in bytes.
PROFILE_NAME = "keystead.toml"
MAX_PROFILE_BYTES = 256 * 1024
#: The billing API of a profile that names none.
DEFAULT_BILLING_API = "nyra"
#: The digests of the profiles that a daemon has replaced, for the daemon, separated by spaces.
REPLACED_PROFILES = "KEYSTEAD_REPLACED_PROFILES"

#: The daemon's socket in the runtime folder (specification §4.1).
SOCKET_NAME = "keysteadd.sock"
#: Beside it, the socket at which the window listens for its later starts.
WINDOW_SOCKET_NAME = "desktop.sock"
#: Maximum length of a line of the local API in bytes, its newline included (specification §10.1).
MAX_LINE = 64 * 1024

#: The fields of ``keystead status --json`` in order (specification §11.4).
STATUS_FIELDS = (
    "product",
    "state",
    "usable",
    "until",
    "reason",
    "deviceId",
    "entitlement",
    "currentPeriodEnd",
    "graceEndsAt",
    "lastRefreshAt",
    "nextRefreshAt",
    "hints",
)
