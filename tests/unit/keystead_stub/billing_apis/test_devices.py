"""The device limit, removing devices, and restoring by email."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from keystead.wire import nyra as wire
from keystead_stub.billing_apis.common.license_routes import RESTORES_PER_MINUTE
from keystead_stub.in_process import BillingStub
from support.billing_device import BillingDevice

NewDevice = Callable[..., BillingDevice]
EMAIL = "ada@example.com"


def restored(new_device: NewDevice, name: str) -> BillingDevice:
    device = new_device(name)
    activation = device.restore(EMAIL)
    assert device.follow_newest_mail().status_code == 200
    assert device.status(activationId=activation)["active"] is True
    return device


@pytest.fixture
def full(device: BillingDevice, new_device: NewDevice) -> list[BillingDevice]:
    """Activate three devices of one customer, which is the limit."""
    device.activate(email=EMAIL)
    devices = [device]
    for name in ("Desk", "Train"):
        # Devices are listed in the order of their activation.
        device.stub.clock.advance(seconds=1)
        devices.append(restored(new_device, name))
    return devices


def test_a_restored_device_is_activated_after_confirmation(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    other = new_device("Desk")
    activation = other.restore(EMAIL.upper())
    waiting = other.status(activationId=activation)
    assert (waiting["active"], waiting["status"]) == (False, "restore_open")
    assert waiting["license"] is None
    assert billing_stub.outbox()[0]["to"] == EMAIL
    assert other.follow_newest_mail().status_code == 200
    body = other.status(activationId=activation)
    assert body["active"] is True
    assert body["device"]["activeDevices"] == 2
    assert other.license(body).device_id == other.id


def test_the_restore_answer_does_not_reveal_whether_an_address_is_known(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    stranger, known = new_device(), new_device()
    unknown = stranger.restore("nobody@example.com")
    assert billing_stub.outbox() == []
    restore = known.restore(EMAIL)
    assert len(unknown) == len(restore)
    first = stranger.status(activationId=unknown)
    second = known.status(activationId=restore)
    assert {**first, "serverTime": 0} == {**second, "serverTime": 0}


def test_a_restore_link_expires_after_an_hour(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    other = new_device()
    activation = other.restore(EMAIL)
    billing_stub.clock.advance(hours=2)
    link = billing_stub.outbox()[0]["link"]
    assert other.http.get(link).status_code == 404
    assert other.ask(activationId=activation).status_code == 404


def test_an_activation_id_of_another_device_is_refused(
    device: BillingDevice, new_device: NewDevice
) -> None:
    device.activate(email=EMAIL)
    other, thief = new_device("Desk"), new_device("Thief")
    activation = other.restore(EMAIL)
    other.follow_newest_mail()
    assert thief.ask(activationId=activation).status_code == 404


def test_at_the_limit_the_devices_are_listed_and_one_can_be_removed(
    full: list[BillingDevice], new_device: NewDevice
) -> None:
    fourth = new_device("Fourth")
    activation = fourth.restore(EMAIL)
    assert fourth.follow_newest_mail().status_code == 409
    refused = fourth.ask(activationId=activation)
    assert (refused.status_code, refused.json()["code"]) == (409, "device_limit")
    named = {one["deviceId"] for one in refused.json()["devices"]}
    assert named == {device.id for device in full}
    gone = full[1]
    answer = fourth.call("DELETE", f"{wire.DEVICES}/{gone.id}", params={"activationId": activation})
    assert answer.status_code == 200
    assert fourth.status(activationId=activation)["active"] is True
    removed_status = gone.status()
    assert (removed_status["active"], removed_status["status"]) == (False, "device_removed")
    assert gone.license(removed_status).status == "device_removed"
    assert removed_status["deviceAccessToken"] is None


def test_the_link_offers_to_replace_a_device(
    full: list[BillingDevice], new_device: NewDevice, billing_stub: BillingStub
) -> None:
    fourth = new_device("Fourth")
    activation = fourth.restore(EMAIL)
    page = fourth.follow_newest_mail()
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    link = billing_stub.outbox()[0]["link"]
    fields = {"token": token, "device": full[0].id}
    assert fourth.http.post(link, data=fields).status_code == 200
    assert fourth.status(activationId=activation)["active"] is True


def test_removing_a_device_needs_credentials(
    full: list[BillingDevice], new_device: NewDevice
) -> None:
    path = f"{wire.DEVICES}/{full[1].id}"
    stranger = new_device("Stranger")
    unconfirmed = stranger.restore(EMAIL)
    open_session = stranger.start_checkout()
    for query in ({}, {"activationId": unconfirmed}, {"checkoutSessionId": open_session}):
        assert stranger.call("DELETE", path, params=query).status_code == 401
    other = new_device("Other")
    other.activate(email="bo@example.com")
    assert other.call("DELETE", path, token=other.token).status_code == 404


def test_a_removed_device_cannot_remove_others(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    session = device.start_checkout()
    billing_stub.pay(session, email=EMAIL)
    device.status(checkoutSessionId=session)
    desk = restored(new_device, "Desk")
    assert desk.call("DELETE", f"{wire.DEVICES}/{device.id}", token=desk.token).status_code == 200
    path = f"{wire.DEVICES}/{desk.id}"
    assert device.call("DELETE", path, token=device.token).status_code == 401
    by_session = device.call("DELETE", path, params={"checkoutSessionId": session})
    assert by_session.status_code == 401
    again = device.status(checkoutSessionId=session)
    assert again["status"] == "device_removed"


def test_devices_are_listed_with_the_current_device_marked(full: list[BillingDevice]) -> None:
    answer = full[2].call("GET", wire.DEVICES, token=full[2].token).json()
    assert [one["name"] for one in answer["devices"]] == ["Laptop", "Desk", "Train"]
    assert [one["current"] for one in answer["devices"]] == [False, False, True]
    assert answer["deviceLimit"] == 3


def test_a_deactivated_device_can_be_restored(device: BillingDevice, new_device: NewDevice) -> None:
    device.activate(email=EMAIL)
    answer = device.call("POST", wire.DEACTIVATE, token=device.token)
    assert answer.json() == {"deactivated": True}
    assert device.status()["status"] == "device_removed"
    activation = device.restore(EMAIL)
    device.follow_newest_mail()
    assert device.status(activationId=activation)["active"] is True


def test_device_exchanges_are_limited_within_thirty_days(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    for number in range(5):
        # One person gets three such mails an hour.
        billing_stub.clock.advance(hours=1)
        other = restored(new_device, f"Device {number}")
        path = f"{wire.DEVICES}/{other.id}"
        assert device.call("DELETE", path, token=device.token).status_code == 200
    sixth = restored(new_device, "Sixth")
    path = f"{wire.DEVICES}/{sixth.id}"
    refused = device.call("DELETE", path, token=device.token)
    assert (refused.status_code, refused.json()["code"]) == (409, "exchange_limit")
    assert sixth.status()["active"] is True
    billing_stub.clock.advance(days=31)
    device.status()
    assert device.call("DELETE", path, token=device.token).status_code == 200


def test_deactivating_and_activating_again_does_not_evade_the_limit(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    device.activate(email=EMAIL)
    for number in range(6):
        billing_stub.clock.advance(hours=1)
        other = restored(new_device, f"Device {number}")
        assert other.call("POST", wire.DEACTIVATE, token=other.token).status_code == 200
    seventh = new_device("Seventh")
    activation = seventh.restore(EMAIL)
    seventh.follow_newest_mail()
    refused = seventh.ask(activationId=activation)
    assert (refused.status_code, refused.json()["code"]) == (409, "exchange_limit")


def test_a_person_gets_three_restore_mails_an_hour_and_ten_a_day(
    device: BillingDevice, new_device: NewDevice, billing_stub: BillingStub
) -> None:
    """Whoever asks, in whatever spelling, on whatever page; the answers stay the same."""
    device.activate(email=EMAIL)
    mails = 0
    for hour in range(30):
        for number in range(5):
            asked = new_device(f"Device {hour}.{number}")
            address = EMAIL if number % 2 else EMAIL.upper()
            body = {**asked.identity(), "email": address}
            assert asked.http.post(wire.RESTORE, json=body).status_code == 202
        sent = len(billing_stub.outbox()) - mails
        assert sent <= 3
        mails += sent
        billing_stub.clock.advance(hours=1)
        if hour == 0:
            assert sent == 3
        elif hour == 23:
            assert mails == 10
    # The mails of the first hour are more than a day old, so that there is room for more.
    assert 10 < mails <= 20
    last = new_device("Last")
    billing_stub.clock.advance(days=1)
    activation = last.restore(EMAIL)
    last.follow_newest_mail()
    assert last.status(activationId=activation)["active"] is True


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada's laptop", "a device named “Ada's laptop”."),
        (
            "Mac\r\n\r\nYour account is locked: https://evil.example/pay\u202e",
            "a device named “Mac Your account is”.",
        ),
        ("www.evil.example", "a new device."),
        ("\u2066\u202d", "a new device."),
    ],
)
def test_a_restore_mail_holds_no_text_that_poses_as_ours(
    device: BillingDevice, billing_stub: BillingStub, new_device: NewDevice, name: str, shown: str
) -> None:
    device.activate(email=EMAIL)
    other = new_device(name)
    other.restore(EMAIL)
    mail = billing_stub.outbox()[0]
    first, _, rest = mail["body"].partition("\n")
    assert first == f"Somebody, we hope you, wants to use your subscription on {shown}"
    assert rest.count("://") == 1
    assert "evil" not in mail["body"] + mail["subject"]
    assert other.http.get(mail["link"]).text.count("\u202e") == 0


def test_the_database_holds_no_link_of_a_mail(tmp_path: Path) -> None:
    database = tmp_path / "stub.db"
    with (
        BillingStub.running(tmp_path, database=f"sqlite:///{database}") as stub,
        httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as http,
    ):
        buyer = BillingDevice(stub, http)
        buyer.activate(email=EMAIL)
        BillingDevice(stub, http).restore(EMAIL)
        mail = stub.outbox()[0]
        secret = mail["link"].rpartition("/")[2]
        assert mail["link"] in mail["body"]
        kept = b"".join(one.read_bytes() for one in tmp_path.glob("stub.db*"))
    assert b"restore_requests" in kept
    assert secret.encode() not in kept


def test_restores_are_rate_limited(device: BillingDevice, http: httpx.Client) -> None:
    body = {**device.identity(), "email": "nobody@example.com"}
    # Twice the limit per minute, in case a minute ends in between.
    answers = (http.post(wire.RESTORE, json=body) for _ in range(2 * RESTORES_PER_MINUTE + 2))
    slowed = next(answer for answer in answers if answer.status_code != 202)
    assert (slowed.status_code, slowed.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(slowed.headers["retry-after"]) <= 60
