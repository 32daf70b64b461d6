"""Trusted time: clocks that are turned, a reboot, sleep, and boot clocks of one's own."""

from __future__ import annotations

from collections.abc import Iterator

from keystead.instants import DAY_MS, HOUR_MS
from vector_groups.world import (
    ACTIVE,
    ASKED_BOOT_MS,
    BOOT,
    BOUNDARY_MS,
    EXPIRED,
    ISSUED_MS,
    LEFT_OUT,
    OTHER_BOOT,
    PERIOD_END_MS,
    Json,
    clocks,
    device_text,
    license_text,
    nonce_of,
    opening,
    usable,
    vector,
)

_YEAR_MS = 365 * DAY_MS
_HOUR_LATER = ISSUED_MS + HOUR_MS


def vectors() -> Iterator[Json]:
    yield from _this_boot()
    yield from _openings()
    yield from _after_a_reboot()
    yield from _private_clocks()
    yield from _floors()


def _this_boot() -> Iterator[Json]:
    for name, wall_ms in (
        ("is ten years ahead", _HOUR_LATER + 10 * _YEAR_MS),
        ("is ten years behind", _HOUR_LATER - 10 * _YEAR_MS),
        ("stands in 1970", 0),
        ("stands before 1970", -1),
        ("stands in 2038", 2_147_483_648_000),
    ):
        yield vector(
            f"a wall clock that {name} does not matter in this boot",
            "5.6",
            ACTIVE,
            at=clocks(wall_ms=wall_ms),
        )
    for name, at_ms, expect in (
        (
            "a millisecond before the boundary",
            BOUNDARY_MS - 1,
            usable("grace", "period_over", now=BOUNDARY_MS - 1),
        ),
        ("at the boundary", BOUNDARY_MS, EXPIRED | {"now": BOUNDARY_MS}),
    ):
        yield vector(
            f"the boot clock counts to {name} while the wall clock stands still",
            "5.6",
            expect,
            at=clocks(at_ms, wall_ms=ISSUED_MS),
        )
        yield vector(f"sleep counts: the boot clock is {name}", "5.6", expect, at=clocks(at_ms))
    at_once = clocks(ISSUED_MS, wall_ms=0)
    yield vector(
        "at the reading at which the question was sent it is iat",
        "5.4",
        usable("active", "active", now=ISSUED_MS),
        at=at_once,
    )
    earlier = clocks(ISSUED_MS - 1, wall_ms=BOUNDARY_MS)
    yield vector(
        "a boot clock below the question's is not of this boot",
        "5.4",
        EXPIRED | {"now": BOUNDARY_MS},
        at=earlier,
    )
    for name, mark in (
        (
            "a mark of this boot that is ahead",
            {"atMs": BOUNDARY_MS, "bootMs": ASKED_BOOT_MS, "bootId": BOOT},
        ),
        (
            "a mark of another boot that is ahead",
            {"atMs": BOUNDARY_MS, "bootMs": 1, "bootId": OTHER_BOOT},
        ),
    ):
        yield vector(
            f"{name} does not matter where this boot's time is proven",
            "5.6",
            ACTIVE,
            device=device_text(mark=mark),
        )


def _openings() -> Iterator[Json]:
    """Vectors in which time is not proven, so the wall clock counts: it has passed the boundary."""
    late = clocks(wall_ms=BOUNDARY_MS)
    expired = EXPIRED | {"now": BOUNDARY_MS}
    without_mark = {"mark": LEFT_OUT}
    for name, witness in {
        "without an opening": LEFT_OUT,
        "with a later boot time": opening(ASKED_BOOT_MS + 1),
        "with an earlier boot time": opening(ASKED_BOOT_MS - 1),
        "with another boot": opening(boot=OTHER_BOOT),
        "with another salt": opening(salt="AAAA"),
        "with an empty salt": opening(salt=""),
        "with the boot's name in capitals": opening(boot=BOOT.upper()),
    }.items():
        text = device_text(witness=witness, **without_mark)
        yield vector(f"a statement {name} proves no time", "5.4", expired, device=text, at=late)
    right = nonce_of(opening())
    for name, nonce in {
        "without a nonce": LEFT_OUT,
        "with a null nonce": None,
        "with another nonce": nonce_of(opening(1)),
        "with a padded nonce": f"{right}=",
        "with a shortened nonce": right[:32],
        "with an empty nonce": "",
    }.items():
        yield vector(
            f"a license {name} proves no time",
            "5.4",
            expired,
            license=license_text(nonce=nonce),
            device=device_text(**without_mark),
            at=late,
        )
    salts = {
        "of one character": "s",
        "with a line feed": "a\nb",
        "with other characters": "Zo\u00eb\u6587",
    }
    for name, salt in salts.items():
        opened = opening(salt=salt)
        yield vector(
            f"a salt {name} opens its nonce",
            "5.3",
            ACTIVE,
            license=license_text(nonce=nonce_of(opened)),
            device=device_text(witness=opened),
            at=late,
        )
    zero = opening(boot_ms=0)
    found = usable("active", "active", now=ISSUED_MS + ASKED_BOOT_MS + HOUR_MS)
    yield vector(
        "a question at boot time 0 counts from there",
        "5.4",
        found,
        license=license_text(nonce=nonce_of(zero)),
        device=device_text(witness=zero),
        at=late,
    )


def _after_a_reboot() -> Iterator[Json]:
    def rebooted(wall_ms: int, boot_ms: int = 30_000) -> Json:
        return clocks(wall_ms=wall_ms, boot_ms=boot_ms, boot=OTHER_BOOT)

    def now(at_ms: int) -> Json:
        if at_ms >= BOUNDARY_MS:
            return EXPIRED | {"now": at_ms}
        return usable(
            *(("grace", "period_over") if at_ms >= PERIOD_END_MS else ("active", "active")),
            now=at_ms,
        )

    mark_ms = ISSUED_MS + 5 * DAY_MS
    marked = device_text(
        mark={"atMs": mark_ms, "bootMs": ASKED_BOOT_MS + 5 * DAY_MS, "bootId": BOOT}
    )
    for name, wall_ms, at_ms in (
        ("a clock that is right counts", mark_ms + DAY_MS, mark_ms + DAY_MS),
        ("a clock that was turned back gives way to the mark", ISSUED_MS - _YEAR_MS, mark_ms),
        ("a clock a millisecond behind the mark gives way to it", mark_ms - 1, mark_ms),
        ("a clock a millisecond ahead of the mark counts", mark_ms + 1, mark_ms + 1),
        ("a clock that is ahead counts to the grace", PERIOD_END_MS, PERIOD_END_MS),
        ("a clock that is ahead counts to the boundary", BOUNDARY_MS, BOUNDARY_MS),
        ("a clock a millisecond before the boundary counts", BOUNDARY_MS - 1, BOUNDARY_MS - 1),
    ):
        yield vector(
            f"after a reboot {name}", "5.6", now(at_ms), device=marked, at=rebooted(wall_ms)
        )
    for at_ms in (PERIOD_END_MS - 1, PERIOD_END_MS, BOUNDARY_MS - 1, BOUNDARY_MS):
        text = device_text(mark={"atMs": at_ms, "bootMs": 7, "bootId": "an older boot"})
        yield vector(
            f"a mark {at_ms - BOUNDARY_MS} ms from the boundary decides after a reboot",
            "5.6",
            now(at_ms),
            device=text,
            at=rebooted(0),
        )
    later = device_text(mark={"atMs": mark_ms, "bootMs": 1_000, "bootId": OTHER_BOOT})
    yield vector(
        "a mark that was made in this boot goes on with its clock",
        "5.5",
        now(mark_ms + DAY_MS),
        device=later,
        at=rebooted(0, 1_000 + DAY_MS),
    )
    yield vector(
        "a mark of this boot from a later reading stands still",
        "5.5",
        now(mark_ms),
        device=later,
        at=rebooted(0, 999),
    )
    unmarked = device_text(mark=LEFT_OUT)
    yield vector(
        "without a mark the license's iat is the earliest time",
        "5.6",
        now(ISSUED_MS),
        device=unmarked,
        at=rebooted(0),
    )
    yield vector(
        "without a mark the wall clock counts",
        "5.6",
        now(mark_ms),
        device=unmarked,
        at=rebooted(mark_ms),
    )


def _private_clocks() -> Iterator[Json]:
    def private(wall_ms: int, boot_ms: int = ASKED_BOOT_MS + HOUR_MS, boot: str = BOOT) -> Json:
        return clocks(wall_ms=wall_ms, boot_ms=boot_ms, boot=boot, trusted=False)

    for name, at, now_ms in (
        ("the wall clock is the latest", private(_HOUR_LATER + DAY_MS), _HOUR_LATER + DAY_MS),
        ("the proven time is the latest", private(0), _HOUR_LATER),
        ("a wall clock a millisecond behind gives way", private(_HOUR_LATER - 1), _HOUR_LATER),
    ):
        yield vector(
            f"under a boot clock of one's own {name}",
            "5.6",
            usable("active", "active", now=now_ms),
            at=at,
        )
    yield vector(
        "under a boot clock of one's own the wall clock can end a license",
        "5.6",
        EXPIRED | {"now": BOUNDARY_MS},
        at=private(BOUNDARY_MS),
    )
    mark = {"atMs": PERIOD_END_MS, "bootMs": 1, "bootId": OTHER_BOOT}
    found = usable("grace", "period_over", now=PERIOD_END_MS)
    yield vector(
        "under a boot clock of one's own the mark is the latest",
        "5.6",
        found,
        device=device_text(mark=mark),
        at=private(0),
    )
    name = f"private:{BOOT}"
    own = opening(boot=name)
    license = license_text(nonce=nonce_of(own))
    device = device_text(
        witness=own, mark={"atMs": ISSUED_MS, "bootMs": ASKED_BOOT_MS, "bootId": name}
    )
    yield vector(
        "what a boot clock of one's own opened counts under it",
        "5.2",
        usable("active", "active"),
        license=license,
        device=device,
        at=private(0),
    )
    late = clocks(wall_ms=BOUNDARY_MS)
    yield vector(
        "what a boot clock of one's own opened proves nothing under the machine's",
        "5.2",
        EXPIRED | {"now": BOUNDARY_MS},
        license=license,
        device=device,
        at=late,
    )
    stopped = clocks(wall_ms=0)
    yield vector(
        "a mark of a boot clock of one's own stands still under the machine's",
        "5.2",
        usable("active", "active", now=ISSUED_MS),
        license=license,
        device=device,
        at=stopped,
    )
    none = opening(boot="")
    license = license_text(nonce=nonce_of(none))
    device = device_text(witness=none, mark=LEFT_OUT)
    for trusted in (True, False):
        at = clocks(wall_ms=BOUNDARY_MS, boot="", trusted=trusted)
        yield vector(
            f"an empty boot id never equals another (trusted: {trusted})",
            "5.2",
            EXPIRED | {"now": BOUNDARY_MS},
            license=license,
            device=device,
            at=at,
        )


def _floors() -> Iterator[Json]:
    future_ms = ISSUED_MS + _YEAR_MS
    license = license_text(
        issued_ms=future_ms, period_end_ms=future_ms + DAY_MS, boundary_ms=future_ms + 2 * DAY_MS
    )
    found = usable("active", "active", until=future_ms + 2 * DAY_MS, now=future_ms)
    at = clocks(wall_ms=ISSUED_MS, boot=OTHER_BOOT)
    yield vector(
        "a license from after the clock is decided at its iat",
        "5.6",
        found,
        license=license,
        device=device_text(mark=LEFT_OUT),
        at=at,
    )
    answered = usable("active", "active", until=future_ms + 2 * DAY_MS, now=future_ms + HOUR_MS)
    yield vector(
        "a backend that is a year ahead is believed for its own answer",
        "5.4",
        answered,
        license=license,
    )
    past_ms = ISSUED_MS - 5 * _YEAR_MS
    license = license_text(
        issued_ms=past_ms, period_end_ms=past_ms + 30 * DAY_MS, boundary_ms=past_ms + 33 * DAY_MS
    )
    found = usable("active", "active", until=past_ms + 33 * DAY_MS, now=past_ms + HOUR_MS)
    yield vector(
        "a backend that is five years behind is believed for its own answer",
        "5.4",
        found,
        license=license,
        device=device_text(mark=LEFT_OUT),
    )
