"""Several readings by one process: what was accepted stays, until something newer is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keystead.instants import DAY_MS, HOUR_MS
from vector_groups.world import (
    ACTIVE,
    ASKED_BOOT_MS,
    BOOT,
    BOUNDARY_MS,
    EXPIRED,
    FEATURES,
    ISSUED_MS,
    LEFT_OUT,
    OTHER_BOOT,
    STRANGER,
    Json,
    clocks,
    device_text,
    files,
    license_text,
    nonce_of,
    opening,
    untrusted,
    unusable,
    usable,
    vector,
)

_YEAR_MS = 365 * DAY_MS
_CANCELED = unusable("inactive", "canceled", features=FEATURES)


def vectors() -> Iterator[Json]:
    yield from _orders()
    yield from _questions()
    yield from _refusals()
    yield from _times()


def _read(license: str | None, device: str | None = None, at: Json | None = None) -> Json:
    """Return an earlier reading; without ``device`` the statement opens no nonce."""
    return {
        "files": files(license, device or device_text(witness=LEFT_OUT)),
        "clocks": at or clocks(),
    }


def _unasked(**changes: Any) -> str:
    return license_text(nonce=LEFT_OUT, **changes)


def _canceled(**changes: Any) -> str:
    return _unasked(active=False, status="canceled", **changes)


def _answer(boot_ms: int, **changes: Any) -> tuple[str, str]:
    """Return license and statement of an answer to the question asked at this boot time."""
    asked = opening(boot_ms)
    return license_text(nonce=nonce_of(asked), **changes), device_text(witness=asked)


def _orders() -> Iterator[Json]:
    plain = device_text(witness=LEFT_OUT)
    for name, first, second, expect in (
        (
            "a license with a later iat replaces one",
            _unasked(),
            _canceled(issued_ms=ISSUED_MS + 1000),
            _CANCELED,
        ),
        (
            "a license with an earlier iat does not",
            _canceled(issued_ms=ISSUED_MS + 1000),
            _unasked(),
            _CANCELED,
        ),
        (
            "with the same iat a greater jti replaces one",
            _unasked(jti="a"),
            _canceled(jti="b"),
            _CANCELED,
        ),
        (
            "with the same iat a smaller jti does not",
            _canceled(jti="b"),
            _unasked(jti="a"),
            _CANCELED,
        ),
        (
            "a longer jti is greater than its beginning",
            _unasked(jti="a"),
            _canceled(jti="aa"),
            _CANCELED,
        ),
        (
            "capitals are smaller than other letters",
            _canceled(jti="a"),
            _unasked(jti="B"),
            _CANCELED,
        ),
        ("the same iat and jti replace each other", _unasked(), _canceled(), _CANCELED),
        (
            "jti are compared by code points and not by UTF-16 units",
            _unasked(jti="\uffee"),
            _canceled(jti="\U0001f600"),
            _CANCELED,
        ),
        (
            "a smaller jti by code points does not replace one",
            _canceled(jti="\U0001f600"),
            _unasked(jti="\uffee"),
            _CANCELED,
        ),
    ):
        yield vector(name, "6.5", expect, license=second, device=plain, earlier=[_read(first)])


def _questions() -> Iterator[Json]:
    ahead_ms = ISSUED_MS + _YEAR_MS
    ahead = {
        "issued_ms": ahead_ms,
        "period_end_ms": ahead_ms + DAY_MS,
        "boundary_ms": ahead_ms + 2 * DAY_MS,
    }
    wrong_license, wrong_device = _answer(ASKED_BOOT_MS, active=False, status="canceled", **ahead)
    license, device = _answer(ASKED_BOOT_MS + 60_000)
    now = ISSUED_MS + HOUR_MS - 60_000
    yield vector(
        "the answer to a later question replaces one from a clock that was ahead",
        "6.5",
        usable("active", "active", now=now),
        license=license,
        device=device,
        earlier=[_read(wrong_license, wrong_device)],
    )
    yield vector(
        "and the earlier answer, put back, does not replace it",
        "6.5",
        usable("active", "active", now=now),
        license=wrong_license,
        device=wrong_device,
        earlier=[_read(wrong_license, wrong_device), _read(license, device)],
    )
    yield vector(
        "an answer of this boot replaces a file with a later iat",
        "6.5",
        usable("active", "active", now=now),
        license=license,
        device=device,
        earlier=[_read(_canceled(**ahead))],
    )
    rebooted = clocks(boot=OTHER_BOOT, boot_ms=90_000)
    asked = opening(80_000, OTHER_BOOT)
    yield vector(
        "the first answer of a new boot replaces one of the boot before",
        "6.5",
        usable("active", "active", now=ISSUED_MS + 10_000),
        license=license_text(nonce=nonce_of(asked)),
        device=device_text(witness=asked),
        at=rebooted,
        earlier=[_read(wrong_license, wrong_device)],
    )
    yield vector(
        "an answer whose opening is missing is ordered by its iat",
        "6.5",
        _CANCELED,
        license=license,
        device=device_text(witness=LEFT_OUT),
        earlier=[_read(wrong_license, wrong_device)],
    )
    yield vector(
        "an answer of another boot is ordered by its iat",
        "6.5",
        _CANCELED,
        license=license,
        device=device,
        at=clocks(boot=OTHER_BOOT),
        earlier=[_read(_canceled(issued_ms=ISSUED_MS + 1000), at=clocks(boot=OTHER_BOOT))],
    )
    yield vector(
        "one question has one order: its licenses are ordered by iat",
        "6.5",
        _CANCELED,
        license=_answer(ASKED_BOOT_MS)[0],
        device=_answer(ASKED_BOOT_MS)[1],
        earlier=[
            _read(
                *_answer(ASKED_BOOT_MS, issued_ms=ISSUED_MS + 1000, active=False, status="canceled")
            )
        ],
    )


def _refusals() -> Iterator[Json]:
    first = _read(license_text(), device_text())
    for name, license, device in (
        ("a forged license", license_text(STRANGER, issued_ms=ISSUED_MS + 1000), device_text()),
        ("an unreadable license", "x", device_text()),
        ("a deleted license", None, device_text()),
        ("a deleted statement", license_text(), None),
        ("a statement from another folder", license_text(), device_text(folder="/elsewhere")),
    ):
        yield vector(
            f"{name} does not end what was accepted",
            "6.5",
            ACTIVE,
            license=license,
            device=device,
            earlier=[first],
        )
    broken = _read("x", device_text())
    yield vector("a good license ends a refusal", "6.5", ACTIVE, earlier=[broken])
    nothing = unusable("unactivated", "no_license")
    yield vector("a deleted license ends a refusal", "6.5", nothing, license=None, earlier=[broken])
    yield vector(
        "the newest refusal is the one that counts",
        "6.5",
        untrusted("copied"),
        device=device_text(folder="/elsewhere"),
        earlier=[broken],
    )


def _times() -> Iterator[Json]:
    first = _read(license_text(), device_text())
    plain = device_text(witness=LEFT_OUT, mark=LEFT_OUT)
    yield vector(
        "time that was proven stays proven without its statement",
        "6.5",
        ACTIVE,
        device=plain,
        at=clocks(wall_ms=BOUNDARY_MS),
        earlier=[first],
    )
    yield vector(
        "it goes on to the boundary with the boot clock",
        "6.5",
        EXPIRED | {"now": BOUNDARY_MS},
        at=clocks(BOUNDARY_MS, wall_ms=0),
        earlier=[first],
    )
    unproven = _read(_unasked(), plain, clocks(wall_ms=0))
    later = clocks(wall_ms=0, boot_ms=ASKED_BOOT_MS + HOUR_MS + DAY_MS)
    yield vector(
        "the time that a process lived through counts, though its clock was set back",
        "6.5",
        usable("active", "active", now=ISSUED_MS + DAY_MS),
        license=_unasked(),
        device=plain,
        at=later,
        earlier=[unproven],
    )
    poisoned = _read(_unasked(), plain, clocks(wall_ms=BOUNDARY_MS))
    yield vector(
        "a wall clock that was ahead for a moment has no lasting effect",
        "6.5",
        ACTIVE,
        license=_unasked(),
        device=plain,
        at=clocks(),
        earlier=[poisoned],
    )
    marked_ms = ISSUED_MS + 20 * DAY_MS
    marked = device_text(
        witness=LEFT_OUT, mark={"atMs": marked_ms, "bootMs": 1, "bootId": OTHER_BOOT}
    )
    yield vector(
        "a mark that was read stays, also when an older statement is put back",
        "6.5",
        usable("active", "active", now=marked_ms),
        license=_unasked(),
        device=plain,
        at=clocks(wall_ms=0),
        earlier=[_read(_unasked(), marked, clocks(wall_ms=0))],
    )
    asked = opening(ASKED_BOOT_MS + 10_000)
    slower = license_text(nonce=nonce_of(asked), issued_ms=ISSUED_MS - 20_000)
    yield vector(
        "an answer less than a minute behind the proven time leaves it",
        "6.5",
        ACTIVE,
        license=slower,
        device=device_text(witness=asked),
        earlier=[first],
    )
    slower = license_text(nonce=nonce_of(asked), issued_ms=ISSUED_MS - 50_000)
    yield vector(
        "an answer a minute behind the proven time moves it back",
        "6.5",
        usable("active", "active", now=ISSUED_MS + HOUR_MS - 60_000),
        license=slower,
        device=device_text(witness=asked),
        earlier=[first],
    )
    private = clocks(boot=BOOT, trusted=False, wall_ms=0)
    yield vector(
        "what the machine's clock proved counts under a clock of one's own",
        "5.2",
        ACTIVE,
        at=private,
        earlier=[first],
    )
