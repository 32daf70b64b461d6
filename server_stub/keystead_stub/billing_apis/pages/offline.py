"""Offline activation by a link in a QR code: confirm by mail, and take the license to the device.

The link contains the request. Opening it binds nothing: the device is bound once the recipient of
the mail confirms it. Everything works without JavaScript, and on paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from litestar import Response
from litestar.params import FromPath, QueryParameter

from keystead_stub.billing import devices as device_rules
from keystead_stub.billing import offline_activation, restore
from keystead_stub.billing.device_names import one_line
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.pages.result_pages import expired_link_page
from keystead_stub.http.errors import ProblemError, too_many_requests
from keystead_stub.http.pages import forms, qr
from keystead_stub.http.pages.rendering import AnyRequest, message, page, page_routes
from keystead_stub.http.public_address import limit_key
from keystead_stub.http.requests import caller_address
from keystead_stub.services import Services
from keystead_stub.store import devices
from keystead_stub.store.restores import RestoreRow

_PURPOSE = "offline"
#: For each address of a caller: this form sends mail to any customer's address.
MAILS_PER_MINUTE = 20
REQUEST_MISSING = "Choose the request file, or paste what is in it."

Packed = Annotated[str | None, QueryParameter(name="request", required=False)]

routes = page_routes()


@routes.get(["/offline", *(f"/{api}/offline" for api in REGISTRY)])
async def get_offline(services: Injected, packed: Packed = None) -> Response[str]:
    if packed is None:
        return _start(services, "")
    text = offline_activation.request_in_link(packed)
    offline_activation.read_offline_request(services, text)
    return _start(services, text)


@routes.post("/offline")
async def post_offline(request: AnyRequest, services: Injected) -> Response[str]:
    """Mail a link for confirmation; the request is stored with it."""
    found = await forms.fields(request, services.form_tokens, _PURPOSE)
    text = submitted_request(found)
    email = found.get("email", "").strip()
    errors = {}
    if not forms.is_email(email):
        errors["email"] = "This is not an email address."
    if not text:
        errors["file"] = REQUEST_MISSING
    if errors:
        return _start(services, text, email=email, errors=errors)
    offline_activation.read_offline_request(services, text)
    caller = limit_key(caller_address(request))
    if wait_s := services.limiter.wait_s(_PURPOSE, caller, per_minute=MAILS_PER_MINUTE):
        raise too_many_requests(wait_s)
    offline_activation.request_by_mail(services, email, text)
    return message(
        "Look into your mail",
        f"If something was bought with {email}, a link is on its way there. It is good for an"
        " hour; open it on any device. You can close this page.",
        sign="info",
        simulated=services.simulated,
    )


@routes.get("/offline/{secret:str}")
async def get_confirmation(services: Injected, secret: FromPath[str]) -> Response[str]:
    row = _find(services, secret)
    return _question(services, secret, row) if row else _expired_link(services)


@routes.post("/offline/{secret:str}")
async def post_confirmation(
    request: AnyRequest, services: Injected, secret: FromPath[str]
) -> Response[str] | Response[bytes]:
    row = _find(services, secret)
    if row is None or row.customer_id is None or row.offline_request is None:
        return _expired_link(services)
    found = await forms.fields(request, services.form_tokens, _purpose(row))
    if device_id := found.get("device"):
        device_rules.remove_device(services, row.customer_id, device_id)
    try:
        answer = offline_activation.issue_offline_license(
            services, row.customer_id, row.offline_request
        )
    except ProblemError as refused:
        # At the limit the page offers to remove another device. The other errors are final.
        if refused.code != "device_limit":
            raise
        return _question(services, secret, row, refused)
    if found.get("action") == "file":
        return license_file(answer.license)
    return license_page(
        services,
        answer,
        form={"action": f"/offline/{secret}", "token": services.form_tokens.token(_purpose(row))},
    )


def submitted_request(found: Mapping[str, str]) -> str:
    """Return the activation request of a form, from its file or its text field."""
    # Browsers send an empty file where none was chosen.
    return found.get("file", "").strip() or found.get("request", "").strip()


def license_file(license_: str) -> Response[bytes]:
    """Return the license as a file."""
    return Response(
        license_.encode() + b"\n",
        media_type="application/jose",
        headers={"Content-Disposition": 'attachment; filename="license.jws"'},
    )


def license_page(
    services: Services,
    answer: offline_activation.OfflineLicense,
    *,
    form: dict[str, str],
    back: str | None = None,
) -> Response[str]:
    """Show the license in all its forms; `form` requests it again as a file."""
    return page(
        "offline_license",
        device=one_line(answer.request.device_name) or "your device",
        license=answer.license,
        groups=answer.code.split() if answer.code else [],
        picture=qr.data_url(answer.license),
        form=form,
        here=back,
        simulated=services.simulated,
    )


def _purpose(row: RestoreRow) -> str:
    # Bound to the request, so that the token of one page can't confirm another.
    return f"offline:{row.activation_id}"


def _find(services: Services, secret: str) -> RestoreRow | None:
    row = restore.find(services, secret)
    # The other links are of `restore_pages`, which issue no license file.
    return row if row is not None and row.offline_request is not None else None


def _start(
    services: Services, text: str, *, email: str = "", errors: dict[str, str] | None = None
) -> Response[str]:
    device = None
    if text and not errors:
        request = offline_activation.read_offline_request(services, text)[1]
        device = one_line(request.device_name)
    return page(
        "offline",
        status=422 if errors else 200,
        token=services.form_tokens.token(_PURPOSE),
        request=text,
        device=device or "a computer without a network",
        email=email,
        errors=errors or {},
        simulated=services.simulated,
    )


def _question(
    services: Services, secret: str, row: RestoreRow, limit: ProblemError | None = None
) -> Response[str]:
    with services.store.read() as connection:
        rows = devices.list_active_devices(connection, row.customer_id or "")
    return page(
        "offline_confirm",
        status=409 if limit else 200,
        secret=secret,
        device=row.name or "a computer without a network",
        token=services.form_tokens.token(_purpose(row)),
        limit=limit.sentence if limit else None,
        devices=rows,
        device_limit=services.terms.device_limit,
        known=any(one.device_id == row.device_id for one in rows),
        simulated=services.simulated,
    )


def _expired_link(services: Services) -> Response[str]:
    return expired_link_page(services, "Scan the code on the computer once more.")
