"""``keystead inspect`` as a process: files as they come, and every wrong way to call it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from keystead.documents import issue
from keystead.errors import InvalidInput
from keystead.instants import DAY_MS, iso
from keystead_client.commands.inspect import instant
from support.cli import run_cli, stderr_of
from support.documents import (
    BACKEND,
    DEVICE,
    KEYS,
    NOW_MS,
    OTHER_DEVICE,
    STRANGER,
    make_license,
    make_token,
    signed_license,
)

LICENSE = signed_license()
MEMBERS = {"ok", "code", "typ", "kid", "claims", "activation"}


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_bytes(KEYS.to_jwks())
    return path


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_one_object_a_line_with_exactly_the_members_of_the_contract(keys: Path) -> None:
    ran = run_cli(
        "inspect", "-", "--keys", keys, "--at", str(NOW_MS), "--json", stdin=LICENSE.encode()
    )
    (found,) = lines(ran.stdout)
    assert ran.returncode == 0
    assert set(found) == MEMBERS
    assert found["ok"] is True
    assert found["claims"]["deviceId"] == DEVICE.thumbprint
    assert set(found["activation"]) == {"state", "usable", "until", "reason"}


def test_any_line_end_is_accepted_and_blank_lines_are_skipped(keys: Path) -> None:
    token = issue(make_token(), BACKEND)
    text = b"\xef\xbb\xbf" + LICENSE.encode() + b"\r\n\r\n   \n" + token.encode()
    ran = run_cli("inspect", "--keys", keys, "--at", str(NOW_MS), "--json", stdin=text)
    assert [one["typ"] for one in lines(ran.stdout)] == ["license+jwt", "device-access+jwt"]
    assert ran.returncode == 0


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x00\xff\xfe\x80",
        b"a" * 500_000,
        b"..",
        "ünïcödé".encode(),
        b"{" * 10_000,
        signed_license(STRANGER).encode(),
    ],
)
def test_an_invalid_line_is_reported_and_the_next_one_is_read(keys: Path, hostile: bytes) -> None:
    ran = run_cli(
        "inspect",
        "--keys",
        keys,
        "--json",
        "--at",
        str(NOW_MS),
        stdin=hostile + b"\n" + LICENSE.encode(),
    )
    bad, good = lines(ran.stdout)
    assert (bad["ok"], bad["claims"], bad["activation"]) == (False, None, None)
    assert good["ok"]
    assert ran.returncode == 1
    assert stderr_of(ran) == ""


@pytest.mark.parametrize(
    ("days", "code"), [(0, 0), (31, 0), (34, 5)], ids=["active", "grace", "expired"]
)
def test_the_exit_code_is_that_of_the_activation(keys: Path, days: int, code: int) -> None:
    at = iso(NOW_MS + days * DAY_MS)
    ran = run_cli("inspect", "--keys", keys, "--at", at, stdin=LICENSE.encode())
    assert ran.returncode == code
    assert b"genuine" in ran.stdout


def test_another_device_is_refused(keys: Path) -> None:
    ran = run_cli(
        *("inspect", "--keys", keys, "--device", OTHER_DEVICE.thumbprint, "--json"),
        stdin=LICENSE.encode(),
    )
    (found,) = lines(ran.stdout)
    assert (found["ok"], found["code"], found["claims"]) == (False, "wrong_device", None)
    assert ran.returncode == 1


def test_a_thousand_lines_are_answered_in_their_order(keys: Path, tmp_path: Path) -> None:
    file = tmp_path / "many.txt"
    made = [make_license(now_ms=NOW_MS + number * 1000) for number in range(1000)]
    file.write_text("\n".join(issue(one, BACKEND) for one in made))
    ran = run_cli("inspect", file, "--keys", keys, "--json", "--at", str(NOW_MS))
    assert [line["claims"]["iat"] for line in lines(ran.stdout)] == [one.iat for one in made]


def test_neither_profile_nor_home_nor_daemon_is_needed(keys: Path, tmp_path: Path) -> None:
    ran = run_cli(
        "inspect", "--keys", keys, stdin=LICENSE.encode(), environ={"HOME": str(tmp_path)}
    )
    assert stderr_of(ran) == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys.json"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--keys",), 2),
        (("--keys", "KEYS", "--at", "yesterday"), 2),
        (("--keys", "KEYS", "--at", "2026-11-21T00:00:00"), 2),
        (("--keys", "KEYS", "--at", "-1"), 2),
        (("--keys", "KEYS", "--at", "9" * 400), 2),
        (("--keys", "KEYS", "--at", "٣"), 2),
        (("--keys", "KEYS", "--device", "me"), 2),
        (("--keys", "KEYS", "--device", "="), 2),
        (("--keys", "/nowhere/keys.json"), 1),
        (("--keys", "/"), 1),
        (("--keys", "/dev/null"), 1),
        (("/nowhere/file", "--keys", "KEYS"), 1),
        (("/", "--keys", "KEYS"), 1),
        (("\x1b[31m", "--keys", "KEYS"), 1),
        (("/dev/null", "--keys", "KEYS"), 1),
        (("--keys", "KEYS", "--profile"), 2),
        (("--keys", "KEYS", "--nonsense"), 2),
    ],
)
def test_invalid_arguments_are_explained(keys: Path, arguments: tuple[str, ...], code: int) -> None:
    ran = run_cli("inspect", *(str(keys) if one == "KEYS" else one for one in arguments))
    assert ran.returncode == code
    said = stderr_of(ran)
    assert said
    assert "\x1b" not in said
    assert ran.stdout == b""


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"keys": []}', b'{"keys": 1}', b"\xff", b"[" * 100_000]
)
def test_an_invalid_key_file_is_explained(keys: Path, content: bytes) -> None:
    keys.write_bytes(content)
    ran = run_cli("inspect", "--keys", keys, stdin=LICENSE.encode())
    assert ran.returncode == 1
    assert stderr_of(ran)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1790000000000", 1_790_000_000_000),
        ("1790000000", 1_790_000_000_000),
        ("2026-11-21T09:05:00Z", 1_795_251_900_000),
        ("2026-11-21T10:05:00.250+01:00", 1_795_251_900_250),
    ],
)
def test_instants_are_parsed(text: str, ms: int) -> None:
    assert instant(text) == ms


@pytest.mark.parametrize("text", ["", " ", "1e3", "1.5", "+1", "0x10", "2026-11-21", "now", "1_0"])
def test_invalid_instants_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        instant(text)
