"""Rules about the status call."""

from __future__ import annotations

import secrets

from keystead.instants import iso
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.probe_device import new_nonce
from keystead_stub.conformance.run_state import Run, claims_in, shaped
from keystead_stub.conformance.service_checks import require_ms

#: What is said outside of the license too; `activation` may be decided by the signed one only.
_TOLD_TWICE = ("active", "status", "entitlement", "offlineGrace")
#: Between signing and answering.
_MOMENT_MS = 10_000


def status_open(run: Run) -> None:
    device, _, opened = run.opened()
    body = run.status(device, checkout=opened.session_id)
    if body.active or body.status != wire.CHECKOUT_OPEN:
        raise RuleFailed(f"the status is {body.status!r}, active {body.active}")
    if body.license is not None or body.device_access_token is not None:
        raise RuleFailed("an open checkout has a license or a token")


def status_credential(run: Run) -> None:
    params = {"deviceId": run.new_device().id}
    answer = run.backend.send("GET", wire.LICENSE_STATUS, params=params, note="no credential")
    require_refusal(answer, 401, "invalid_token")


def status_invalid(run: Run) -> None:
    device, _, opened = run.opened()
    right = {"deviceId": device.id, "checkoutSessionId": opened.session_id}
    for wrong in (
        {"nonce": "short"},
        {"nonce": "n" * 65},
        {"nonce": "spaces in a nonce!"},
        {"deviceId": "not-a-thumbprint"},
    ):
        answer = device.call("GET", wire.LICENSE_STATUS, params=right | wrong)
        require_refusal(answer, 400, "invalid_request")


def status_unknown_session(run: Run) -> None:
    session_id = f"cs_test_{secrets.token_hex(12)}"
    answer = run.ask(run.new_device(), checkout=session_id)
    require_refusal(answer, 404, "unknown_device")


def status_other_session(run: Run) -> None:
    _, _, opened = run.opened()
    answer = run.ask(run.new_device(), checkout=opened.session_id)
    require_refusal(answer, 404, "unknown_device")


def status_activates(run: Run) -> None:
    run.cite(run.activated().answer)


def status_shape(run: Run) -> None:
    answer = run.cite(run.activated().answer)
    body = shaped(answer, wire.LicenseStatus)
    require_ms("serverTime", body.server_time)
    if body.refresh_after_seconds <= 0:
        raise RuleFailed("refreshAfterSeconds is not above 0")
    grace, device = body.offline_grace, body.device
    if grace is None or device is None or body.entitlement is None:
        raise RuleFailed("an active status has no offlineGrace, device or entitlement")
    require_ms("offlineGrace.endsAt", grace.ends_at)
    if grace.ends_at_iso != iso(grace.ends_at):
        raise RuleFailed("endsAtIso and endsAt are not the same instant")
    if not 1 <= device.active_devices <= device.device_limit:
        raise RuleFailed(f"{device.active_devices} of {device.device_limit} devices are active")


def status_by_token(run: Run) -> None:
    device = run.activated().device
    body = run.status(device, nonce=new_nonce())
    if not body.active or body.license is None:
        raise RuleFailed(f"the status is {body.status!r}, active {body.active}")


def status_nonce(run: Run) -> None:
    device = run.activated().device
    # The shortest and the longest that may be sent, 16 and 64 characters.
    for size in (12, 48):
        nonce = secrets.token_urlsafe(size)
        found = claims_in(run.ask(device, nonce=nonce)).get("nonce")
        if found != nonce:
            raise RuleFailed(f"the license has the nonce {found!r}, and {nonce!r} was sent")


def status_without_nonce(run: Run) -> None:
    device = run.activated().device
    if claims_in(run.ask(device)).get("nonce") is not None:
        raise RuleFailed("the license has a nonce that nobody sent")


def status_agrees(run: Run) -> None:
    licenses = [one for one in run.documents if one.kind == "license"]
    if not licenses:
        raise NotChecked("the backend gave out no license")
    for one in licenses:
        run.cite(one.answer)
        told, signed = one.answer.members, one.claims
        for name in _TOLD_TWICE:
            if told.get(name) != signed.get(name):
                raise RuleFailed(f"{name} differs between the answer and its license")


def status_server_time(run: Run) -> None:
    answer = run.cite(run.activated().answer)
    body = shaped(answer, wire.LicenseStatus)
    signed_s = claims_in(answer).get("iat")
    if not isinstance(signed_s, int) or abs(body.server_time - signed_s * 1000) > _MOMENT_MS:
        raise RuleFailed(f"serverTime is {body.server_time}, and iat {signed_s}")


def status_other_device(run: Run) -> None:
    device = run.activated().device
    params = {"deviceId": run.new_device().id}
    answer = device.call("GET", wire.LICENSE_STATUS, token=device.token, params=params)
    if answer.status not in (401, 404):
        require_status(answer, 404)


def same_statement(left: wire.LicenseStatus, right: wire.LicenseStatus) -> bool:
    """Whether two answers entitle to the same."""
    return (left.active, left.status, left.entitlement) == (
        right.active,
        right.status,
        right.entitlement,
    )


CHECKS = {
    "status-open": status_open,
    "status-credential": status_credential,
    "status-invalid": status_invalid,
    "status-unknown-session": status_unknown_session,
    "status-other-session": status_other_session,
    "status-activates": status_activates,
    "status-shape": status_shape,
    "status-by-token": status_by_token,
    "status-nonce": status_nonce,
    "status-without-nonce": status_without_nonce,
    "status-server-time": status_server_time,
    "status-other-device": status_other_device,
}
LAST_CHECKS = {"status-agrees": status_agrees}
