"""The types of requests, and the addresses that they come from."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection

from keystead_stub.http.exposure import Exposure
from keystead_stub.http.public_address import client_address

AnyConnection = ASGIConnection[Any, Any, Any, Any]
AnyRequest = Request[Any, Any, Any]


def exposure_of(request: AnyConnection) -> Exposure:
    """Return how the stub is reached."""
    exposure: Exposure = request.app.state["exposure"]
    return exposure


def peer_address(request: AnyConnection) -> str:
    """Return the IP address at the other end of the connection, empty where it is unknown."""
    return request.client.host if request.client else ""


def caller_address(request: AnyConnection) -> str:
    """Return the IP address of the caller, behind the proxies that the operator trusts."""
    forwarded = request.headers.getall("x-forwarded-for", [])
    return client_address(peer_address(request), forwarded, exposure_of(request).trusted_proxies)
