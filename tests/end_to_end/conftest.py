"""What the stories share: one stub a worker, set back to the start, and a world on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.world import World


@pytest.fixture(scope="session")
def _running_stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BillingStub]:
    with BillingStub.running(tmp_path_factory.mktemp("stub")) as stub:
        yield stub


@pytest.fixture
def world(_running_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    """A stub where nothing has happened yet, and no device."""
    _running_stub.ask("POST", "/_stub/reset")
    world = World(_running_stub, tmp_path)
    yield world
    world.end()
