"""The credentials of a request, read but not verified."""

from __future__ import annotations

from typing import cast

import msgspec
from litestar.params import HeaderParameter
from litestar.types import HTTPScope

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

    The URL is the one that the caller used: its `Host`, whatever proxy stands before the stub.
    Raises ProblemError (``invalid_request``) for an invalid host or a duplicate header.
    """
    headers = request.headers
    for name in ("authorization", "dpop"):
        # Two parsers might each take another one of the two, and so see two different callers.
        if len(headers.getall(name, [])) > 1:
            raise ProblemError("Duplicate Authorization or DPoP header.", code="invalid_request")
    try:
        url = str(request.url.with_replacements(query="", fragment=""))
    except ValueError:
        raise ProblemError("Invalid Host header.", code="invalid_request") from None
    return RequestCredentials(
        method=cast(HTTPScope, request.scope)["method"],
        url=url,
        authorization=headers.get("authorization"),
        proof=headers.get("dpop"),
    )
