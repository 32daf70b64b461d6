"""Trusted time: the time that decisions use.

It never goes back when the clock is set back. It never locks out a device with a wrong clock that
has received a signed response since the machine started.

Two clocks are read and passed in as a `ClockReading`: the wall clock, which any user may set, and
the boot clock, which starts with the machine, counts sleep, and comes with the identity of this
boot. No one can set the boot clock, but a user can be given one of their own; `machine` tells
whether it is the machine's (``boot_clock_is_trusted``). Together with the saved `TimeState`:

| situation                                    | trusted now                                    |
| -------------------------------------------- | ---------------------------------------------- |
| a fresh signed time was received this boot   | that time + boot time since; no wall clock     |
| the same, by a boot clock of the user's own  | the latest of that sum, wall clock and mark    |
| none was received                            | the later of the wall clock and the mark       |

The *high-water mark* advances by signed time and by boot time, never by the wall clock. So a
clock that was once set to 2038 has no lasting effect. A license's own ``iat`` is a floor under all
of it. Only the answer to this device's last question moves the mark back (`with_answer`): a backend
whose clock was ahead has no lasting effect either.

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

from keystead.encoding import Integer, b64u_encode
from keystead.instants import DAY_MS, MINUTE_MS, to_ms
from keystead.labelled_hash import labelled_hash

if TYPE_CHECKING:
    from keystead.documents import License

#: A wall clock further behind the trusted time than this gets a hint.
BEHIND_TOLERANCE_MS = 5 * MINUTE_MS
#: Signed times differ by round trips and whole seconds; trusted time does not go back by less.
SAME_TIME_MS = MINUTE_MS
#: A server's time further than this from a device's two agreeing clocks gets a hint of its own.
SERVER_TOLERANCE_MS = DAY_MS


class ClockReading(msgspec.Struct, frozen=True):
    """Both clocks at one moment (ms), the boot clock being that of the boot ``boot_id``.

    ``boot_clock_is_trusted`` is false where boot clock and boot id may not be the machine's.
    """

    wall_ms: int
    boot_ms: int
    boot_id: str
    boot_clock_is_trusted: bool = True

    @property
    def boot_name(self) -> str:
        """The name of this boot for storing: the id, marked where it may not be the machine's.

        So what was stored under a user's own boot clock proves nothing under the machine's.
        """
        return self.boot_id if self.boot_clock_is_trusted else f"private:{self.boot_id}"

    def elapsed_since(self, boot_name: str, boot_ms: int) -> int | None:
        """Return the boot time (ms) since a stored reading, None if it is not of this boot."""
        # An empty id is no id: two of them are not known to be the same boot.
        if not self.boot_id or boot_name not in {self.boot_id, self.boot_name}:
            return None
        elapsed_ms = self.boot_ms - boot_ms
        return elapsed_ms if elapsed_ms >= 0 else None


class NonceOpening(msgspec.Struct, frozen=True, rename="camel"):
    """The opening of a nonce's commitment: the boot clock at sending, and a random salt.

    ``boot_id`` is the `ClockReading.boot_name`, as in an `Anchor`.
    """

    boot_id: str
    boot_ms: Integer
    salt: str


class Anchor(msgspec.Struct, frozen=True, rename="camel"):
    """A signed time together with the boot clock's reading at which it was reached."""

    at_ms: Integer
    boot_ms: Integer
    boot_id: str


class TimeState(msgspec.Struct, frozen=True, rename="camel"):
    """The time state that is kept between readings and, saved, between runs.

    ``anchor`` is the last fresh signed time. ``mark`` is the high-water mark with the boot clock's
    reading at that moment. ``disputed`` is what the mark was when a server's time was far from it
    and from the wall clock, which agreed; None once an answer is near them again.
    """

    anchor: Anchor | None = None
    mark: Anchor | None = None
    disputed: Anchor | None = None


class TrustedNow(msgspec.Struct, frozen=True):
    """The time for a decision. ``signed`` is true where it comes from this boot's anchor alone.

    Of ``clock_behind`` and ``server_clock`` (the server's time is far from this device's clocks) at
    most one is true: which clock is wrong is not known, and the device's is not blamed for both.
    """

    now_ms: int
    signed: bool
    clock_behind: bool
    server_clock: bool = False


def nonce_for(opening: NonceOpening) -> str:
    """Return the nonce (43 base64url characters) that commits to the opening.

    It is the `labelled_hash` of the boot's name, the boot clock's reading in decimal, and the salt.
    """
    committed = (opening.boot_id, str(opening.boot_ms), opening.salt)
    return b64u_encode(labelled_hash("keystead-nonce", *committed))


def anchor_of(license: License, opening: NonceOpening | None) -> Anchor | None:
    """Return the anchor that a license and its nonce's opening prove, None if they differ."""
    if opening is None or license.nonce is None or license.nonce != nonce_for(opening):
        return None
    return Anchor(to_ms(license.iat), opening.boot_ms, opening.boot_id)


def trusted_now(state: TimeState, reading: ClockReading, floor_ms: int = 0) -> TrustedNow:
    """Return the trusted time at a reading; ``floor_ms`` is the current license's ``iat``."""
    anchored_ms = _time_from(state.anchor, reading)
    signed = anchored_ms is not None and reading.boot_clock_is_trusted
    now_ms = anchored_ms or 0
    if not signed:
        now_ms = max(now_ms, reading.wall_ms, _mark_at(state, reading))
    now_ms = max(now_ms, floor_ms)
    behind = reading.wall_ms < now_ms - BEHIND_TOLERANCE_MS
    disputed = state.disputed is not None
    return TrustedNow(now_ms, signed, behind and not disputed, disputed)


def with_anchor(state: TimeState, anchor: Anchor, reading: ClockReading) -> TimeState:
    """Return the state after an anchor was proven, at ``reading``.

    It may be older than the current one. One of another boot, or one that gives an earlier time, is
    ignored.
    """
    known_ms, new_ms = _time_from(state.anchor, reading), _time_from(anchor, reading)
    if new_ms is None:
        return state
    if known_ms is None or new_ms >= known_ms:
        state = msgspec.structs.replace(state, anchor=anchor)
    return advance_mark(state, reading)


def with_answer(state: TimeState, anchor: Anchor, reading: ClockReading) -> TimeState:
    """Return the state after the answer to the device's last question proved ``anchor``.

    It is the newest evidence there is, so anchor and mark also go back to it. One of another boot
    is ignored.
    """
    new_ms = _time_from(anchor, reading)
    if new_ms is None:
        return state
    known_ms = _time_from(state.anchor, reading)
    disputed = _disputed_by(new_ms, state, reading)
    if known_ms is not None and new_ms <= known_ms < new_ms + SAME_TIME_MS:
        anchor, new_ms = state.anchor or anchor, known_ms
    mark = Anchor(new_ms, reading.boot_ms, reading.boot_name)
    return TimeState(anchor, mark, disputed)


def with_floor(state: TimeState, signed_ms: int, reading: ClockReading) -> TimeState:
    """Return the state after a signed time that may be old, such as a license file's ``iat``."""
    state = advance_mark(state, reading)
    if state.mark is not None and state.mark.at_ms >= signed_ms:
        return state
    mark = Anchor(signed_ms, reading.boot_ms, reading.boot_name)
    return msgspec.structs.replace(state, mark=mark)


def with_mark(state: TimeState, mark: Anchor, reading: ClockReading) -> TimeState:
    """Return the state after a saved high-water mark was found, which may be older than its own."""
    return with_floor(state, _time_from(mark, reading) or mark.at_ms, reading)


def with_ceiling(state: TimeState, latest_ms: int, reading: ClockReading) -> TimeState:
    """Return the state after it was proven that ``latest_ms`` has not passed yet."""
    state = advance_mark(state, reading)
    if state.mark is None or state.mark.at_ms <= latest_ms:
        return state
    # The mark is at least the anchor's time, so the anchor is too late as well.
    mark = Anchor(latest_ms, reading.boot_ms, reading.boot_name)
    return msgspec.structs.replace(state, anchor=None, mark=mark)


def advance_mark(state: TimeState, reading: ClockReading) -> TimeState:
    """Return the state with its mark advanced to ``reading`` by signed time and boot time.

    Also called when a saved state is loaded: in a new boot, boot time counts from then on.
    """
    marked_ms = max(_mark_at(state, reading), _time_from(state.anchor, reading) or 0)
    mark = Anchor(marked_ms, reading.boot_ms, reading.boot_name)
    return msgspec.structs.replace(state, mark=mark)


def _disputed_by(signed_ms: int, state: TimeState, reading: ClockReading) -> Anchor | None:
    """Return the device's own time, if it and the wall clock agree against a signed time."""
    own = state.disputed or Anchor(_mark_at(state, reading), reading.boot_ms, reading.boot_name)
    own_ms = _time_from(own, reading) or own.at_ms
    agree = abs(own_ms - reading.wall_ms) <= SERVER_TOLERANCE_MS
    far_ms = min(abs(signed_ms - own_ms), abs(signed_ms - reading.wall_ms))
    return own if agree and far_ms > SERVER_TOLERANCE_MS else None


def _mark_at(state: TimeState, reading: ClockReading) -> int:
    mark = state.mark
    if mark is None:
        return 0
    # After a reboot the time switched off is unknown, so the mark does not advance.
    return _time_from(mark, reading) or mark.at_ms


def _time_from(anchor: Anchor | None, reading: ClockReading) -> int | None:
    if anchor is None:
        return None
    elapsed_ms = reading.elapsed_since(anchor.boot_id, anchor.boot_ms)
    return None if elapsed_ms is None else anchor.at_ms + elapsed_ms
