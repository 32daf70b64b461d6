"""The command as a process: profiles, places, hostile arguments, pipes that break."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import keystead
from keystead.paths import paths_of
from keystead_client import arguments, fast_status, presentation
from keystead_client.context import Context
from keystead_client.json_members import members_of
from support import activations
from support.cli import COMMAND, run_cli, stderr_of
from support.documents import KEYS, PRODUCT

COMMANDS = (
    *("status", "activate", "refresh", "portal", "devices", "deactivate", "plans", "invoices"),
    *("import", "request", "inspect", "doctor", "diagnostics", "demo"),
)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    (tmp_path / "keys.json").write_bytes(KEYS.to_jwks())
    path = tmp_path / "keystead.toml"
    path.write_text(
        f'[product]\nid = "{PRODUCT}"\n[backend]\nurl = "http://127.0.0.1:1"\n'
        '[trust]\nkeys = "keys.json"\n'
    )
    return path


def test_help_names_every_command_and_exit_code() -> None:
    ran = run_cli("--help")
    said = ran.stdout.decode()
    assert ran.returncode == 0
    assert all(command in said for command in COMMANDS)
    assert "7 backend unreachable" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str) -> None:
    ran = run_cli(command, "--help")
    assert ran.returncode == 0
    assert ran.stdout.startswith(b"usage: keystead")


@given(st.text("-_Ah09", min_size=42, max_size=42), st.integers(2, 43))
def test_a_device_s_id_may_begin_with_hyphens(rest: str, length: int) -> None:
    device = f"-{rest}"
    asked = arguments.parse(["inspect", "--device", device, "-", "--keys", "keys.json"])
    assert (asked.device, asked.file) == (device, "-")
    assert arguments.parse(["devices", "remove", "--json", device]).device == device
    beginning = device[:length]
    if not beginning.startswith("--") and beginning != "-h":
        assert arguments.parse(["devices", "remove", beginning, "--json"]).device == beginning


@pytest.mark.parametrize("wrong", ["-json", "--jsn", "-x"])
def test_an_unknown_flag_is_still_refused(wrong: str) -> None:
    with pytest.raises(SystemExit) as refused:
        arguments.parse(["status", wrong])
    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("command", "prints"),
    [
        ("keystead", "keystead "),
        ("keysteadd", "keysteadd "),
        ("keystead-stub", "keystead-stub "),
        ("keystead-desktop", "keystead-desktop "),
    ],
)
def test_each_command_shows_its_version(command: str, prints: str) -> None:
    ran = subprocess.run(
        [COMMAND.with_name(command), "--version"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, f"{prints}{keystead.__version__}")


@pytest.mark.parametrize(
    "wrong",
    [
        (),
        ("nonsense",),
        ("status", "extra"),
        ("status", "--json=1"),
        ("--json", "status"),
        ("status", "--js"),
        ("activate", "--seats", "0"),
        ("activate", "--seats", "-1"),
        ("activate", "--seats", "1e9"),
        ("activate", "--seats", "9" * 5000),
        ("devices", "remove"),
        ("devices", "nonsense"),
        ("import",),
        ("diagnostics",),
        ("",),
        ("\x1b[31m",),
        ("--profile",),
    ],
)
def test_wrong_usage_exits_with_2(wrong: tuple[str, ...]) -> None:
    ran = run_cli(*wrong)
    assert ran.returncode == 2
    assert "usage: keystead" in stderr_of(ran)
    assert ran.stdout == b""


def test_a_missing_profile_is_explained(tmp_path: Path) -> None:
    ran = run_cli("status", cwd=tmp_path)
    assert ran.returncode == 1
    assert "KEYSTEAD_PROFILE" in stderr_of(ran)


def test_a_profile_in_the_working_directory_is_ignored(profile: Path) -> None:
    ran = run_cli("status", cwd=profile.parent)
    assert "No profile was found" in stderr_of(ran)


def test_an_error_in_json_is_one_object(tmp_path: Path) -> None:
    ran = run_cli("status", "--json", cwd=tmp_path)
    error = json.loads(ran.stdout)["error"]
    assert error["code"] == "no_profile"
    assert error["message"] in stderr_of(ran)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[product]",
        b"[product]\nid = 7",
        b'[product]\nid = ""',
        b'[product]\nid = "../../etc"',
        b'[product]\nid = "A"',
        b'product = "nyra"',
        b"[[product]]",
        b"x = " + b"[" * 100_000,
        b"\x00" * 1_000_000,
    ],
)
@pytest.mark.parametrize("command", ["status", "refresh"])
def test_an_invalid_profile_is_explained(tmp_path: Path, content: bytes, command: str) -> None:
    path = tmp_path / "keystead.toml"
    path.write_bytes(content)
    ran = run_cli("--profile", path, "--home", tmp_path / "home", command)
    assert ran.returncode == 1
    assert "rofile" in stderr_of(ran) or "names no product" in stderr_of(ran)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("named", ["/nowhere/keystead.toml", "/", "~nobody-at-all/x", "a\nb"])
def test_a_named_profile_that_does_not_exist_is_explained(named: str) -> None:
    ran = run_cli("--profile", named, "status")
    assert ran.returncode == 1
    assert "could not be read" in stderr_of(ran)


def test_a_flag_wins_over_the_environment(profile: Path, tmp_path: Path) -> None:
    context = Context(str(profile), "here", {"KEYSTEAD_PROFILE": "x", "KEYSTEAD_HOME": "y"})
    assert context.profile_path == str(profile)
    assert context.home == os.path.realpath("here")
    named = Context(None, None, {"KEYSTEAD_PROFILE": str(profile), "KEYSTEAD_HOME": str(tmp_path)})
    assert named.profile_path == str(profile)
    assert named.home == os.path.realpath(tmp_path)
    assert Context(None, None, {"KEYSTEAD_HOME": ""}).home is None


@pytest.mark.parametrize("before", [True, False])
def test_profile_and_home_are_accepted_before_or_after_the_command(before: bool) -> None:
    places = ["--profile", "P", "--home", "H"]
    args = arguments.parse([*places, "status"] if before else ["status", *places])
    assert (args.profile, args.home) == ("P", "H")


WORD = st.sampled_from(["status", "--json", "--strict", "--profile", "--home", "-", "x", "-x", ""])


@given(st.lists(WORD, max_size=6))
def test_a_bare_status_is_read_as_argparse_reads_it(argv: list[str]) -> None:
    plain = fast_status.parse_arguments(argv)
    if plain is not None:
        assert vars(plain) == vars(arguments.parse(argv))


def test_a_bare_status_is_read_without_argparse() -> None:
    for argv in (["status"], ["status", "--json"], ["--home", "H", "status", "--strict"]):
        assert fast_status.parse_arguments(argv) is not None


def test_the_socket_that_is_found_without_the_core_is_the_core_s(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = tmp_path / "session"
    session.mkdir()
    homes = [None, str(tmp_path), f"{tmp_path}/a/../b/", "relative", str(tmp_path / ("x" * 120))]
    sessions = [str(session), f"{session}/", str(tmp_path / "gone"), ""]
    for home in homes:
        for named in sessions:
            monkeypatch.setenv("XDG_RUNTIME_DIR", named)
            context, paths = Context(str(profile), home, os.environ), paths_of(PRODUCT, home)
            assert context.runtime == str(paths.runtime)
            assert context.socket == str(paths.socket)


def test_the_socket_without_a_session_is_in_the_state_folder(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "gone"))
    monkeypatch.setenv("HOME", "/h")
    found = Context(str(profile), None, os.environ).socket
    assert found == "/h/.local/state/nyra/run/keysteadd.sock"


def test_the_fast_answer_reads_as_the_checked_one() -> None:
    for view in (
        activations.unactivated(),
        activations.pending(),
        activations.active(),
        activations.grace(),
        activations.unchecked(),
    ):
        fast = fast_status.as_view(members_of(view))
        assert presentation.show(fast, zone=UTC) == presentation.show(view, zone=UTC)


def test_a_bare_status_loads_four_modules_of_the_core_and_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from keystead_client import command_line\n"
        "from keystead_client.commands import status\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    modules = ran.stdout.decode().split()
    ours = {name for name in modules if name.startswith("keystead.")}
    light = ("bootstrap", "contract", "local_peer", "product_names")
    assert ours == {f"keystead.{name}" for name in light}
    loaded = {name.partition(".")[0] for name in modules}
    assert not loaded & {
        *("msgspec", "nacl", "platformdirs", "babel", "asyncio", "httpx", "PySide6"),
        *("argparse", "dataclasses", "subprocess", "logging"),
    }


def test_a_closed_pipe_is_no_crash() -> None:
    with subprocess.Popen(
        [COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as ran:
        assert ran.stdout is not None
        assert ran.stderr is not None
        ran.stdout.close()
        said = ran.stderr.read()
    assert b"Traceback" not in said
    assert b"Exception" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full disk")
def test_a_full_disk_under_stdout_is_an_error() -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode != 0
    assert b"Traceback" not in ran.stderr


ARGUMENT = st.text(
    st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=30
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ARGUMENT | st.sampled_from([*COMMANDS, "--json", "--keys"]), max_size=5))
def test_no_arguments_end_in_a_traceback(arguments: list[str]) -> None:
    if {"demo"} & set(arguments):
        return
    ran = run_cli(*arguments, environ={"KEYSTEAD_PROFILE": "/nowhere"})
    assert ran.returncode in range(8)
    stderr_of(ran)
