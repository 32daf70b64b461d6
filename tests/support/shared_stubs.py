"""Running stubs that tests share: one a billing API and worker, emptied for each test.

To start a stub costs 300 ms of CPU, and to empty it 11 ms. A test that needs settings or a database
of its own starts its own stub by `BillingStub.running`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from keystead_stub.in_process import BillingStub

StubOf = Callable[[str], "BillingStub"]


@pytest.fixture(scope="session")
def stub_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubOf]:
    """Return the worker's stub with a billing API at the root, started when first asked for."""
    # Imported here, so that workers without such tests do not load the web framework.
    from keystead_stub.in_process import BillingStub

    running: dict[str, BillingStub] = {}
    with ExitStack() as stack:

        def find(api: str) -> BillingStub:
            if api not in running:
                folder = tmp_path_factory.mktemp("stub")
                running[api] = stack.enter_context(BillingStub.running(folder, api=api))
            # Emptied before a test and not after it: the last request of a failed test may
            # still be under way.
            running[api].ask("POST", "/_stub/reset")
            return running[api]

        yield find


@pytest.fixture
def billing_stub(stub_of: StubOf) -> BillingStub:
    """Return the stub of the native API, with nothing in it; hides the plugin's own fixture."""
    return stub_of("nyra")
