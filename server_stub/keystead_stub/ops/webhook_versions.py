"""The API versions of received webhooks that are not the pinned one."""

from __future__ import annotations

from keystead.instants import DAY_MS
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

#: For how long a version is reported after its last event: as long as Stripe delivers one again.
_REPORTED_MS = 3 * DAY_MS
#: More versions than Stripe endpoints of one account have.
_MOST = 16
_LONGEST = 40


class WebhookVersions:
    """What this process has seen since it started."""

    def __init__(self) -> None:
        self._last_seen: dict[str, int] = {}

    def note(self, version: str | None, now_ms: int) -> bool:
        """Note the version of an event, and return whether it is another than the pinned one."""
        if version is None or version == STRIPE_API_VERSION:
            return False
        name = version[:_LONGEST]
        if name in self._last_seen or len(self._last_seen) < _MOST:
            self._last_seen[name] = now_ms
        return True

    def reset(self) -> None:
        """Forget everything."""
        self._last_seen.clear()

    def others(self, now_ms: int) -> tuple[str, ...]:
        """Return the other versions of the last days, in order."""
        seen = self._last_seen.items()
        return tuple(sorted(name for name, last_ms in seen if last_ms > now_ms - _REPORTED_MS))
