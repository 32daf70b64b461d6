"""The fixture `billing_stub`: a running stub in the test's own process, on a free port.

    def test_it_activates(billing_stub):
        ...start a checkout at billing_stub.url...
        billing_stub.pay(session_id)
        billing_stub.clock.advance(days=31)
        billing_stub.faults.set(status=503, times=2)

Importing this module costs nothing: the web framework is imported when a test asks for the
fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from keystead_stub.in_process import BillingStub


@pytest.fixture
def billing_stub(tmp_path: Path) -> Iterator[BillingStub]:
    """Run a stub with simulated Stripe, a database in memory, and webhooks over real HTTP."""
    from keystead_stub.entry import missing

    if missing():
        pytest.fail('the fixture billing_stub needs: pip install "keystead[stub]"', pytrace=False)
    from keystead_stub.in_process import BillingStub

    with BillingStub.running(tmp_path / "billing-stub") as stub:
        yield stub
