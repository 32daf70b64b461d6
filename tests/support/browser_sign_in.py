"""Sign in at a billing API for a device, with the browser of its machine."""

from __future__ import annotations

import msgspec
import pytest

from keystead.errors import DaemonRefused
from keystead.local_api import Account, SignIn
from support.hosted_page import submit_form
from support.world import Device

PERSON = {"subject": "Ada Lovelace", "account": "acme", "action": "allow"}


def sign_in_by_browser(device: Device, **person: str) -> Account:
    """Sign in as with a browser, which ends on the daemon's page, and return the account."""
    started: SignIn = device.call("signin.start")
    page = submit_form(started.url, PERSON | person)
    assert page.status_code == 200
    assert page.url.host == "127.0.0.1"
    account = device.until(lambda view: view.account is not None and not view.account.waiting)
    assert account.account is not None
    return account.account


def error_code_of(device: Device, method: str, params: msgspec.Struct | None = None) -> str:
    """Return the error code of a call that must be refused."""
    with pytest.raises(DaemonRefused) as error:
        device.call(method, params)
    return error.value.code
