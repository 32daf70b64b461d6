"""The billing APIs by name: each a thin module that speaks one dialect over the same services."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from litestar.types import ControllerRouterHandler

from keystead_stub.billing_apis import nyra

#: Name of a billing API, and what makes its routes.
REGISTRY: dict[str, Callable[[], Sequence[ControllerRouterHandler]]] = {"nyra": nyra.routes}
