"""The credentials of a request, read but not verified."""

from __future__ import annotations

from typing import cast

import msgspec
from litestar.params import HeaderParameter
from litestar.types import HTTPScope

from keystead_stub.auth.context import AuthContext
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyConnection

#: The headers that a device authenticates by, for OpenAPI.
DEVICE_HEADERS = {
    "authorization": HeaderParameter(
        annotation=str | None,
        name="Authorization",
        description="`DPoP <device access token>`, or the operator's token as `Bearer`.",
        required=False,
    ),
    "dpop": HeaderParameter(
        annotation=str | None,
        name="DPoP",
        description="The proof of possession (RFC 9449).",
        required=False,
    ),
}


class RequestCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """Method, URL without its query, and the headers `Authorization` and `DPoP` of a request."""

    method: str
    url: str
    authorization: str | None
    proof: str | None

    @property
    def credential(self) -> tuple[str, str]:
        """The scheme in lower case, and the credential."""
        scheme, _, value = (self.authorization or "").partition(" ")
        return scheme.lower(), value.strip()


def credentials_of(request: AnyConnection) -> RequestCredentials:
    """Read the credentials of a request.

    The URL has the backend's own address and never the caller's `Host`, which a proof for another
    server would have, too. Raises ProblemError (``invalid_request``) for a duplicate header.
    """
    headers = request.headers
    for name in ("authorization", "dpop"):
        # Two parsers might each take another one of the two, and so see two different callers.
        if len(headers.getall(name, [])) > 1:
            raise ProblemError("Duplicate Authorization or DPoP header.", code="invalid_request")
    context: AuthContext = request.app.state["services"]
    scope = cast(HTTPScope, request.scope)
    # As it was sent: the gateway takes its prefix off the path, and the path is decoded.
    path = scope["root_path"] + scope["raw_path"].decode("latin-1")
    return RequestCredentials(
        method=scope["method"],
        url=context.public_url() + path,
        authorization=headers.get("authorization"),
        proof=headers.get("dpop"),
    )
