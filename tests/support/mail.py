"""What a person does with a mail that the stub has sent."""

from __future__ import annotations

import re

import httpx

from keystead_stub.in_process import BillingStub


def token_in(page: httpx.Response) -> str:
    """The page's own token, without which its forms do nothing."""
    return str(re.findall(r'name="token" value="([^"]+)"', page.text)[0])


def follow_newest_mail(stub: BillingStub) -> httpx.Response:
    """Open the link, and press the one button there."""
    link = stub.outbox()[0]["link"]
    return httpx.post(link, data={"token": token_in(httpx.get(link))})
