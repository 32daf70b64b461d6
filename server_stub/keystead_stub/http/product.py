"""The product that a stub sells, and the one of which a request's page speaks."""

from __future__ import annotations

from contextvars import ContextVar

import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """The vendor's product: `id` is the audience of its documents, `name` what customers read."""

    id: str
    name: str
    support_email: str | None = None


#: What is sold without a profile.
EXAMPLE = Product(id="nyra", name="NyrA Swarm Little Buddy", support_email="support@nyra.example")
#: The product of the stub that handles the present request: pages are rendered far from it, and
#: one process may run several stubs.
current_product: ContextVar[Product] = ContextVar("current_product", default=EXAMPLE)


class ProductContext:
    """ASGI middleware that sets `current_product` for each request."""

    def __init__(self, app: ASGIApp, product: Product) -> None:
        self._app = app
        self._product = product

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = current_product.set(self._product)
        try:
            await self._app(scope, receive, send)
        finally:
            current_product.reset(before)
