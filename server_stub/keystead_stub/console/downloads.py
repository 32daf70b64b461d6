"""Downloads that connect a client to this stub: its profile and its public keys."""

from __future__ import annotations

from litestar import Response

from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http.local_callers import this_machine
from keystead_stub.http.pages.rendering import AnyRequest, page_routes
from keystead_stub.ops.run_files import profile_text


def file_answer(body: bytes, name: str, media_type: str) -> Response[bytes]:
    """Return a response that a browser saves under this name."""
    disposition = f'attachment; filename="{name}"'
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


routes = page_routes(this_machine)


@routes.get("/_stub/profile")
async def get_profile(request: AnyRequest, services: Injected) -> Response[bytes]:
    """Download `keystead.toml`, which refers to `keys.json` in the same folder."""
    text = profile_text(
        services.vendor_profile,
        url=services.public_url(),
        api=request.app.state["api"],
        simulated=services.simulated,
    )
    return file_answer(text.encode(), "keystead.toml", "application/toml")


@routes.get("/_stub/keys.json")
async def get_keys(services: Injected) -> Response[bytes]:
    """Download the public keys that this stub signs with."""
    return file_answer(services.keys.to_jwks() + b"\n", "keys.json", "application/json")
