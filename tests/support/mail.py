"""What a person does with a mail that the stub has sent."""

from __future__ import annotations

import httpx

from keystead_stub.in_process import BillingStub
from support.hosted_page import pressed


def follow_newest_mail(stub: BillingStub) -> httpx.Response:
    """Open the link, and press the one button there."""
    return pressed(stub.outbox()[0]["link"])
