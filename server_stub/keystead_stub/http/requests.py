"""The types of requests, and the caller's address."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


def caller_address(request: AnyConnection) -> str:
    """Return the IP address that the request comes from, empty where it is unknown."""
    return request.client.host if request.client else ""
