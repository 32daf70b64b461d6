"""Downloads that connect a client to this stub: its profile and its public keys."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import this_machine
from keystead_stub.http.pages.rendering import AnyRequest, on_problem
from keystead_stub.ops.run_files import profile_text

_OPTIONS: dict[str, Any] = {
    "guards": [this_machine],
    "include_in_schema": False,
    "exception_handlers": {ProblemError: on_problem},
}


def file_answer(body: bytes, name: str, media_type: str) -> Response[bytes]:
    """Return a response that a browser saves under this name."""
    disposition = f'attachment; filename="{name}"'
    return Response(body, media_type=media_type, headers={"Content-Disposition": disposition})


@get("/_stub/profile", **_OPTIONS)
async def get_profile(request: AnyRequest, services: Injected) -> Response[bytes]:
    """Download `keystead.toml`, which refers to `keys.json` in the same folder."""
    text = profile_text(
        product=services.terms.audience,
        url=services.public_url(),
        api=request.app.state["api"],
    )
    return file_answer(text.encode(), "keystead.toml", "application/toml")


@get("/_stub/keys.json", **_OPTIONS)
async def get_keys(services: Injected) -> Response[bytes]:
    """Download the public keys that this stub signs with."""
    return file_answer(services.keys.to_jwks() + b"\n", "keys.json", "application/json")


ROUTES = (get_profile, get_keys)
