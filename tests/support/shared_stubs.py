"""Running stubs that tests share: one a billing API and worker, emptied for each test.

To start a stub costs 300 ms of CPU, and to empty it 11 ms. A test that needs settings or a database
of its own starts its own stub by `BillingStub.running`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from keystead_stub.in_process import BillingStub

StubOf = Callable[[str], "BillingStub"]


class StoppableClock:
    """The real clock of the shared stubs, which a test can stop."""

    def __init__(self) -> None:
        self._stopped_at_ms: int | None = None

    def __call__(self) -> int:
        if self._stopped_at_ms is not None:
            return self._stopped_at_ms
        return time.time_ns() // 1_000_000

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clock for the block; controls of the stub still turn its time forward."""
        self._stopped_at_ms = self()
        try:
            yield
        finally:
            self._stopped_at_ms = None


@pytest.fixture(scope="session")
def real_clock() -> StoppableClock:
    return StoppableClock()


@pytest.fixture(scope="session")
def stub_of(
    real_clock: StoppableClock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StubOf]:
    """Return the worker's stub with a billing API at the root, started when first asked for."""
    # Imported here, so that workers without such tests do not load the web framework.
    from keystead_stub.in_process import BillingStub

    running: dict[str, BillingStub] = {}
    with ExitStack() as stack:

        def find(api: str) -> BillingStub:
            if api not in running:
                folder = tmp_path_factory.mktemp("stub")
                running[api] = stack.enter_context(
                    BillingStub.running(folder, api=api, real_ms=real_clock)
                )
            # Emptied before a test and not after it: the last request of a failed test may
            # still be under way.
            running[api].ask("POST", "/_stub/reset")
            return running[api]

        yield find


@pytest.fixture
def billing_stub(stub_of: StubOf) -> BillingStub:
    """Return the stub of the native API, with nothing in it; hides the plugin's own fixture."""
    return stub_of("nyra")
