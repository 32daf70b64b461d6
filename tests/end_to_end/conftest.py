"""What the stories share: a world on the stub of the worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.world import World


@pytest.fixture
def world(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    """A stub where nothing has happened yet, and no device."""
    world = World(billing_stub, tmp_path)
    yield world
    world.end()
