"""Trusted time: the time that decisions use.

It never goes back when the clock is set back. It never locks out a device with a wrong clock that
has received a signed response since the machine started.

Two clocks are read and passed in as a `ClockReading`: the wall clock, which any user may set, and
the boot clock, which no one can set. The boot clock starts with the machine, counts sleep, and
comes with the identity of this boot. Together with the saved `TimeState`:

| situation                                    | trusted now                                    |
| -------------------------------------------- | ---------------------------------------------- |
| a fresh signed time was received this boot   | that time + boot time since; no wall clock     |
| none was received                            | the later of the wall clock and the mark       |

The *high-water mark* advances by signed time and by boot time, never by the wall clock. So a
clock that was once set to 2038 has no lasting effect. A license's own ``iat`` is a floor under all
of it.

How is a signed time known to be fresh, and since when? A status request sends a nonce, and the
nonce is a commitment to the boot clock's reading at that moment (`nonce_for`). The backend
signs it into the license beside its own time. License and `NonceOpening` together then prove, to
any process of this boot that can read both, that at this reading of the boot clock the server's
time had reached ``iat``; the daemon need not be trusted. The time counts from the sending and
not from the response. So trusted time is ahead of the true time by at most one round trip and never
behind it, however long a response is delayed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from keystead.encoding import b64u_encode
from keystead.instants import MINUTE_MS, to_ms

if TYPE_CHECKING:
    from keystead.documents import License

#: A wall clock further behind the trusted time than this gets a hint.
BEHIND_TOLERANCE_MS = 5 * MINUTE_MS

_NONCE_BYTES = 24
_NONCE_PURPOSE = b"keystead-nonce"


class ClockReading(msgspec.Struct, frozen=True):
    """Both clocks at one moment (ms), the boot clock being that of the boot ``boot_id``."""

    wall_ms: int
    boot_ms: int
    boot_id: str


class NonceOpening(msgspec.Struct, frozen=True, rename="camel"):
    """The opening of a nonce's commitment: the boot clock at sending, and a random salt."""

    boot_id: str
    boot_ms: int
    salt: str


class Anchor(msgspec.Struct, frozen=True, rename="camel"):
    """A signed time together with the boot clock's reading at which it was reached."""

    at_ms: int
    boot_ms: int
    boot_id: str


class TimeState(msgspec.Struct, frozen=True, rename="camel"):
    """The time state that is kept between readings and, saved, between runs.

    ``anchor`` is the last fresh signed time. ``mark`` is the high-water mark with the boot clock's
    reading at that moment.
    """

    anchor: Anchor | None = None
    mark: Anchor | None = None


class TrustedNow(msgspec.Struct, frozen=True):
    """The time for a decision. ``signed`` is true where it comes from this boot's anchor."""

    now_ms: int
    signed: bool
    clock_behind: bool


def nonce_for(opening: NonceOpening) -> str:
    """Return the nonce (32 base64url characters) that commits to the opening."""
    # hashlib brings OpenSSL along: 4 MB that a window has no other use for.
    from hashlib import blake2b

    committed = msgspec.json.encode([opening.boot_id, opening.boot_ms, opening.salt])
    return b64u_encode(blake2b(committed, digest_size=_NONCE_BYTES, person=_NONCE_PURPOSE).digest())


def anchor_of(license: License, opening: NonceOpening | None) -> Anchor | None:
    """Return the anchor that a license and its nonce's opening prove, None if they differ."""
    if opening is None or license.nonce is None or license.nonce != nonce_for(opening):
        return None
    return Anchor(to_ms(license.iat), opening.boot_ms, opening.boot_id)


def trusted_now(state: TimeState, reading: ClockReading, floor_ms: int = 0) -> TrustedNow:
    """Return the trusted time at a reading; ``floor_ms`` is the current license's ``iat``."""
    now_ms = _time_from(state.anchor, reading)
    signed = now_ms is not None
    if now_ms is None:
        now_ms = max(reading.wall_ms, _mark_at(state, reading))
    now_ms = max(now_ms, floor_ms)
    behind = reading.wall_ms < now_ms - BEHIND_TOLERANCE_MS
    return TrustedNow(now_ms, signed, behind)


def with_anchor(state: TimeState, anchor: Anchor, reading: ClockReading) -> TimeState:
    """Return the state after an anchor was proven, at ``reading``.

    An anchor of another boot, or one that gives an earlier time than the current one, is ignored.
    Of two responses the one with the later time is closer to the true time, because neither can be
    ahead of it by more than its own round trip.
    """
    known_ms, new_ms = _time_from(state.anchor, reading), _time_from(anchor, reading)
    if new_ms is None:
        return state
    if known_ms is None or new_ms >= known_ms:
        state = msgspec.structs.replace(state, anchor=anchor)
    return advance_mark(state, reading)


def with_floor(state: TimeState, signed_ms: int, reading: ClockReading) -> TimeState:
    """Return the state after a signed time that may be old, such as a license file's ``iat``."""
    state = advance_mark(state, reading)
    if state.mark is not None and state.mark.at_ms >= signed_ms:
        return state
    mark = Anchor(signed_ms, reading.boot_ms, reading.boot_id)
    return msgspec.structs.replace(state, mark=mark)


def advance_mark(state: TimeState, reading: ClockReading) -> TimeState:
    """Return the state with its mark advanced to ``reading`` by signed time and boot time.

    Also called when a saved state is loaded: in a new boot, boot time counts from then on.
    """
    marked_ms = max(_mark_at(state, reading), _time_from(state.anchor, reading) or 0)
    return msgspec.structs.replace(state, mark=Anchor(marked_ms, reading.boot_ms, reading.boot_id))


def _mark_at(state: TimeState, reading: ClockReading) -> int:
    mark = state.mark
    if mark is None:
        return 0
    # After a reboot the time switched off is unknown, so the mark does not advance.
    return _time_from(mark, reading) or mark.at_ms


def _time_from(anchor: Anchor | None, reading: ClockReading) -> int | None:
    if anchor is None or anchor.boot_id != reading.boot_id or reading.boot_ms < anchor.boot_ms:
        return None
    return anchor.at_ms + reading.boot_ms - anchor.boot_ms
