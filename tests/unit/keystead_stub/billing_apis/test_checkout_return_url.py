"""The return URL of a checkout: a link from the result page back to the program."""

from __future__ import annotations

import pytest

from keystead.wire import nyra as wire
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

HERE = "http://127.0.0.1:50123/activated/Zm9v"


@pytest.mark.parametrize("page", ["/checkout/success", "/checkout/cancelled"])
def test_the_checkout_result_page_links_to_the_return_url(
    billing_stub: BillingStub, device: BillingDevice, page: str
) -> None:
    session = device.start_checkout(returnUrl=HERE)
    other = device.start_checkout()
    shown = device.http.get(page, params={"session_id": session})
    assert f'href="{HERE}"' in shown.text
    assert "keystead-nyra://" not in shown.text
    for somebody in (other, "cs_none", ""):
        shown = device.http.get(page, params={"session_id": somebody})
        assert 'href="keystead-nyra://activated"' in shown.text
        assert HERE not in shown.text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "http://localhost:1/a", "keystead-nyra://activated", "", 7],
)
def test_a_return_url_that_is_not_a_loopback_address_is_refused(
    device: BillingDevice, elsewhere: object
) -> None:
    body = {**device.identity(), "returnUrl": elsewhere}
    answer = device.http.post(wire.CHECKOUT, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "evil" not in answer.text
