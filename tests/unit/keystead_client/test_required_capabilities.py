"""The commands at a billing service that has something, and at one that has it not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from keystead.capabilities import Capabilities
from keystead.local_api import CheckoutParams
from keystead.paths import paths_of
from keystead.wire.nyra import PortalAnswer
from support import activations
from support.cli import run_cli, stderr_of
from support.documents import PRODUCT
from support.profiles import write_profile
from support.scripted_daemon import ScriptedDaemon

ALL = Capabilities(sign_in=True, modules=True)
#: What is called for by a command, and the capability that it needs.
FLAGS = {
    "seats": ("activate", "--no-browser", "--seats", "2"),
    "modules": ("activate", "--no-browser", "--modules", "web"),
    "periods": ("activate", "--no-browser", "--period", "year"),
}
COMMANDS = {
    "invoices": ("invoices",),
    "portal": ("portal", "--no-browser"),
    "restore": ("restore", "ada@example.com", "--no-wait"),
    "sign_in": ("signin", "--no-browser"),
}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[ScriptedDaemon]:
    with ScriptedDaemon(paths_of(PRODUCT, tmp_path).socket, activations.unactivated()) as daemon:
        daemon.answers |= {
            "checkout.start": lambda _: activations.CHECKOUT,
            "portal.open": lambda _: PortalAnswer(
                url=activations.PAGE, expires_at=activations.NOW_MS
            ),
            "activation.restore": lambda _: activations.RESTORE,
            "signin.start": lambda _: activations.SIGN_IN,
        }
        yield daemon


def run(
    daemon: ScriptedDaemon, folder: Path, able: Capabilities, *command: str
) -> subprocess.CompletedProcess[bytes]:
    """A command at a billing service of these capabilities."""
    info = msgspec.structs.replace(activations.DIAGNOSTICS.info, capabilities=able)
    daemon.answers["daemon.info"] = lambda _: info
    profile = write_profile(folder / "profile")
    environ = {"KEYSTEAD_PROFILE": str(profile), "KEYSTEAD_HOME": str(folder), "LC_ALL": "C"}
    return run_cli(*command, environ=environ)


@pytest.mark.parametrize(("capability", "command"), (FLAGS | COMMANDS).items())
def test_a_supported_command_is_carried_out(
    daemon: ScriptedDaemon, tmp_path: Path, capability: str, command: tuple[str, ...]
) -> None:
    ran = run(daemon, tmp_path, ALL, *command)
    assert (ran.returncode, stderr_of(ran)) == (0, "")


@pytest.mark.parametrize(("capability", "command"), (FLAGS | COMMANDS).items())
def test_an_unsupported_command_is_refused_without_a_request_to_the_service(
    daemon: ScriptedDaemon, tmp_path: Path, capability: str, command: tuple[str, ...]
) -> None:
    without = msgspec.structs.replace(ALL, **{capability: False})
    ran = run(daemon, tmp_path, without, *command, "--json")
    assert ran.returncode == (2 if capability in FLAGS else 1)
    error = json.loads(ran.stdout)["error"]
    assert error["code"] == f"no_{capability}"
    if capability == "sign_in":
        assert error["message"] == "You don't need to sign in to use this program."
    assert error["message"] in stderr_of(ran)
    assert error["remedy"]
    asked = {daemon.asked.get()[0] for _ in range(daemon.asked.qsize())}
    assert asked == {"daemon.info"}


def test_a_purchase_without_options_needs_no_flags(daemon: ScriptedDaemon, tmp_path: Path) -> None:
    plain = Capabilities(seats=False, periods=False)
    assert run(daemon, tmp_path, plain, "activate", "--no-browser").returncode == 0
    wishes = [daemon.asked.get()[1] for _ in range(daemon.asked.qsize())]
    (wish,) = (one for one in wishes if isinstance(one, CheckoutParams))
    assert (wish.seats, wish.billing_period, wish.modules) == (None, None, ())


def test_plans_are_listed_with_the_supported_options(
    daemon: ScriptedDaemon, tmp_path: Path
) -> None:
    said = run(daemon, tmp_path, Capabilities(), "plans").stdout.decode()
    assert {"PERIOD", "SEATS"} <= set(said.split())
    assert "12.00 EUR per seat" in said
    assert len(said.splitlines()) == 4
    plain = Capabilities(seats=False, periods=False)
    said = run(daemon, tmp_path, plain, "plans").stdout.decode()
    assert not {"PERIOD", "SEATS", "MODULES"} & set(said.split())
    assert "12.00 EUR" in said
    assert "per seat" not in said
    assert len(said.splitlines()) == 3


def test_the_card_is_shown_below_the_invoices(daemon: ScriptedDaemon, tmp_path: Path) -> None:
    said = run(daemon, tmp_path, ALL, "invoices").stdout.decode()
    assert "NYRA-0003" in said
    assert "Card: Visa ending in 4242" in said
    ran = run(daemon, tmp_path, ALL, "invoices", "--json")
    assert set(json.loads(ran.stdout)) == {"invoices"}
