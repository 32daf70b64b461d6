"""Names and limits of the contract that commands need before they load the types behind them."""

from __future__ import annotations

#: The profile that a vendor ships (§8), and the bytes of the largest that is read.
PROFILE_NAME = "keystead.toml"
MAX_PROFILE_BYTES = 256 * 1024

#: The daemon's socket in the runtime folder (§7).
SOCKET_NAME = "keysteadd.sock"
#: Bytes of the longest line of the local API, its newline included (§5).
MAX_LINE = 64 * 1024

#: The fields of ``keystead status --json``, in their order (§4).
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
