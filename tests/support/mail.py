"""Open mails that the stub has sent."""

from __future__ import annotations

import httpx

from keystead_stub.in_process import BillingStub
from support.hosted_page import submit_form


def follow_newest_mail(stub: BillingStub) -> httpx.Response:
    """Open the link in the newest mail and press the button on its page."""
    return submit_form(stub.outbox()[0]["link"])
