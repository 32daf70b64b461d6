"""The page of the link in a restore mail: one question with one button."""

from __future__ import annotations

from litestar import Response
from litestar.params import FromPath

from keystead_stub.billing import devices as device_rules
from keystead_stub.billing import restore
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.pages.result_pages import expired_link_page, success_page
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, page, page_routes
from keystead_stub.services import Services
from keystead_stub.store import devices
from keystead_stub.store.restores import RestoreRow

routes = page_routes()


@routes.get("/restore/{secret:str}")
async def get_restore(services: Injected, secret: FromPath[str]) -> Response[str]:
    row = _find(services, secret)
    return _question(services, secret, row) if row else _expired_link(services)


@routes.post("/restore/{secret:str}")
async def post_restore(
    request: AnyRequest, services: Injected, secret: FromPath[str]
) -> Response[str]:
    row = _find(services, secret)
    if row is None:
        return _expired_link(services)
    found = await forms.fields(request, services.form_tokens, f"restore:{row.activation_id}")
    # Removed first, so that there is room for the device that is confirmed next.
    if row.customer_id is not None and (device_id := found.get("device")):
        device_rules.remove_device(services, row.customer_id, device_id)
    restored = restore.confirm(services, row)
    if restored.limit is not None:
        return _question(services, secret, row, restored.limit)
    return success_page(
        services,
        "The device may use your subscription",
        "The program there activates by itself within a few seconds. You can close this page.",
    )


def _find(services: Services, secret: str) -> RestoreRow | None:
    row = restore.find(services, secret)
    # The other links are of `offline`.
    return row if row is not None and row.offline_request is None else None


def _question(
    services: Services, secret: str, row: RestoreRow, limit: ProblemError | None = None
) -> Response[str]:
    with services.store.read() as connection:
        rows = devices.list_active_devices(connection, row.customer_id or "")
    return page(
        "restore",
        status=409 if limit else 200,
        secret=secret,
        device=row.name or "a new device",
        token=services.form_tokens.token(f"restore:{row.activation_id}"),
        limit=limit.sentence if limit else None,
        devices=rows if limit else [],
        simulated=services.simulated,
    )


def _expired_link(services: Services) -> Response[str]:
    return expired_link_page(services, "Ask for a new one in the program.")
