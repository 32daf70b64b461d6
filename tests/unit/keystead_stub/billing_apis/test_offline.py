"""Offline activation: by the link in a QR code, by file, and at the device limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest

from keystead import trust
from keystead.keys import KeySet
from keystead.wire import nyra as wire
from keystead.wire.activation_code import CodeContext, decode
from keystead.wire.offline import link_to, pack_request, read_request
from keystead_stub.billing_apis.pages.offline import MAILS_PER_MINUTE
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

EMAIL = "ada@example.com"
NewDevice = Callable[..., BillingDevice]


def token_in(html: str) -> str:
    return html.partition('name="token" value="')[2].partition('"')[0]


def press(http: httpx.Client, link: str, **fields: str) -> httpx.Response:
    """Open the page of a mailed link, and submit its form."""
    return http.post(link, data={"token": token_in(http.get(link).text), **fields})


def code_on(page: httpx.Response) -> str:
    return " ".join(re.findall(r"<li>([0-9A-Z]{5})</li>", page.text))


def keys_of(stub: BillingStub) -> KeySet:
    return KeySet.from_jwks(stub.keys.read_text())


def offline_page(device: BillingDevice) -> tuple[str, str]:
    url = device.call("POST", wire.PORTAL, token=device.token, json={}).json()["url"]
    return url, token_in(device.http.get(url).text)


@pytest.mark.parametrize("seats", [1, 7])
def test_the_code_on_the_page_and_the_file_contain_the_same_license(
    billing_stub: BillingStub, device: BillingDevice, new_device: NewDevice, seats: int
) -> None:
    device.activate(email=EMAIL, seats=seats)
    island = new_device("Press room")
    request = island.offline_request()
    link = island.ask_offline(EMAIL, request)
    shown, file = press(device.http, link), press(device.http, link, action="file")
    assert (shown.status_code, file.status_code) == (200, 200)
    assert "attachment" in file.headers["content-disposition"]
    _, asked = read_request(request, product="nyra")
    supposed = CodeContext(request=asked, issuers=(billing_stub.url,))
    code = code_on(shown)
    assert len(code.split()) in {33, 34}
    license = decode(code, supposed, keys_of(billing_stub))
    document = trust.verify_license(license, keys=keys_of(billing_stub), product="nyra")
    assert (document.device_id, document.active, document.nonce) == (island.id, True, asked.nonce)
    assert document.entitlement is not None
    assert (document.entitlement.key, document.entitlement.seats) == ("pro", seats)
    in_file = trust.verify_license(file.text.strip(), keys=keys_of(billing_stub), product="nyra")
    assert in_file.entitlement == document.entitlement


def test_no_device_is_bound_before_confirmation(
    billing_stub: BillingStub, device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    island = new_device()
    link = island.ask_offline(EMAIL)
    assert "Activate" in device.http.get(link).text
    assert device.http.post(link, data={"token": "f" * 32}).status_code == 403
    assert len(billing_stub.state(device.id)["devices"]) == 1
    assert press(device.http, link).status_code == 200
    assert len(billing_stub.state(device.id)["devices"]) == 2


def test_the_page_does_not_reveal_whether_an_address_is_known(
    billing_stub: BillingStub, device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    told = []
    for email in (EMAIL, "eve@example.com"):
        fields = {"token": token_in(device.http.get("/offline").text), "email": email}
        fields["request"] = new_device().offline_request()
        answer = device.http.post("/offline", data=fields)
        told.append((answer.status_code, answer.text.replace(email, "")))
    assert told[0] == told[1]
    assert len(billing_stub.outbox()) == 1


def test_at_the_limit_a_device_must_be_removed_first(
    device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    for _ in range(2):
        press(device.http, new_device("Old").ask_offline(EMAIL))
    link = new_device("Press room").ask_offline(EMAIL)
    full = press(device.http, link)
    assert full.status_code == 409
    assert "3 of 3 devices are in use." in full.text
    assert not code_on(full)
    made_room = press(device.http, link, device=device.id)
    assert made_room.status_code == 200
    assert code_on(made_room)


def test_an_unpaid_customer_gets_an_explanation(
    billing_stub: BillingStub, device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    billing_stub.customer(device.customer_id, "cancel", atPeriodEnd=False)
    refused = press(device.http, new_device().ask_offline(EMAIL))
    assert refused.status_code == 409
    assert "There is no active subscription" in refused.text


def test_the_link_in_the_mail_expires_after_an_hour(
    billing_stub: BillingStub, device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    link = new_device().ask_offline(EMAIL)
    billing_stub.clock.advance(seconds=3601)
    for answer in (device.http.get(link), device.http.post(link, data={})):
        assert answer.status_code == 404
        assert "no longer good" in answer.text


def test_a_mailed_link_opens_only_its_own_page(
    device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    offline = urlsplit(new_device().ask_offline(EMAIL)).path
    assert device.http.get(offline.replace("/offline/", "/restore/")).status_code == 404
    new_device().restore(EMAIL)
    restore = urlsplit(device.stub.outbox()[0]["link"]).path
    assert device.http.get(restore.replace("/restore/", "/offline/")).status_code == 404


def test_malicious_offline_links_are_escaped_or_refused(
    device: BillingDevice, new_device: NewDevice
) -> None:
    name = '"><script>alert(1)</script>'
    link = link_to("/offline", new_device(name).offline_request())
    page = device.http.get(link)
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    packed = pack_request(new_device().offline_request())
    for text in ("", "x", "\x00", "A" * 5000, packed[:-4], packed[:-1] + "_", "%F0%9F"):
        assert device.http.get("/offline", params={"request": text}).status_code == 400


@pytest.mark.parametrize("prefix", ["", "/nyra"])
def test_the_offline_page_is_served_under_every_prefix(
    device: BillingDevice, new_device: NewDevice, prefix: str
) -> None:
    link = link_to(f"{prefix}/offline", new_device("Press room").offline_request())
    assert "Activate Press room" in device.http.get(link).text


def test_mails_are_rate_limited(device: BillingDevice, new_device: NewDevice) -> None:
    fields = {"token": token_in(device.http.get("/offline").text), "email": "x@example.com"}
    fields["request"] = new_device().offline_request()
    answers = (device.http.post("/offline", data=fields) for _ in range(2 * MAILS_PER_MINUTE + 2))
    slowed = next(answer for answer in answers if answer.status_code != 200)
    assert slowed.status_code == 429


def test_an_incomplete_form_names_its_missing_fields(device: BillingDevice) -> None:
    token = token_in(device.http.get("/offline").text)
    answer = device.http.post("/offline", data={"token": token, "email": "nobody"})
    assert answer.status_code == 422
    assert answer.text.count('role="alert"') == 2


def test_uploading_a_request_file_downloads_a_license_file(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    island = new_device("Island")
    url, token = offline_page(device)
    answer = device.http.post(
        url,
        data={"token": token, "action": "file"},
        files={"file": ("request.jws", island.offline_request().encode())},
    )
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    keys = KeySet.from_jwks(billing_stub.keys.read_text())
    document = trust.verify_license(answer.text.strip(), keys=keys, product="nyra")
    assert (document.device_id, document.active) == (island.id, True)


@pytest.mark.parametrize("changes", [{"aud": "other"}, {"device_id": "A" * 43}, {"nonce": "short"}])
def test_an_invalid_request_file_is_reported_on_the_page(
    device: BillingDevice, new_device: NewDevice, changes: dict[str, str]
) -> None:
    device.activate(email=EMAIL)
    url, token = offline_page(device)
    fields = {"token": token, "action": "file", "request": new_device().offline_request(**changes)}
    answer = device.http.post(url, data=fields)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "A" * 30_000])
def test_a_missing_request_file_is_reported_on_the_page(device: BillingDevice, text: str) -> None:
    device.activate(email=EMAIL)
    url, token = offline_page(device)
    answer = device.http.post(url, data={"token": token, "action": "file", "request": text})
    assert answer.status_code == 422
