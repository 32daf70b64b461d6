"""The fixtures of the end-to-end tests: a world on the worker's stub, and names for its devices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.world import World


@pytest.fixture
def world(billing_stub: BillingStub, short_folder: Path) -> Iterator[World]:
    """Return a world with an empty stub and no device."""
    world = World(billing_stub, short_folder)
    yield world
    world.end()


@pytest.fixture(params=["laptop", "laptop".ljust(100, "-")], ids=["short-home", "long-home"])
def laptop(
    request: pytest.FixtureRequest, short_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Return a device's name: one whose socket is in its home, and one that is too long for that.

    The socket of the long one is in the login session's folder, ``session`` in `short_folder`.
    """
    session = short_folder / "session"
    session.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    return str(request.param)
