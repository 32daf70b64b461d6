"""The pages that people see: hosted checkout, portal, restore, and the console."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler


def routes() -> Sequence[ControllerRouterHandler]:
    return ()
