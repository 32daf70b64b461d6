"""The fixture of the end-to-end tests: a world on the worker's stub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead_stub.in_process import BillingStub
from support.world import World


@pytest.fixture
def world(billing_stub: BillingStub, tmp_path: Path) -> Iterator[World]:
    """Return a world with an empty stub and no device."""
    world = World(billing_stub, tmp_path)
    yield world
    world.end()
