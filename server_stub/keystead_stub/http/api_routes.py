"""Routes that share guards, dependencies and documented refusals, declared once for all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

from litestar import Router
from litestar.di import Provide
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, JSONBody
from litestar.types import Guard

from keystead_stub.http.json_body import JsonRequest, StrictJson, json_only
from keystead_stub.http.problem_responses import documented

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

#: The JSON body of a request, as a handler's parameter ``data``.
Body = JSONBody[T]

#: The statuses for a body that is invalid, too large, or not JSON.
BODY_REFUSALS = (400, 413, 415)


class ApiRoutes:
    """Collects handlers by decorators, and mounts them as one router.

    A handler's docstring is its OpenAPI summary. One with a parameter ``data: Body[X]`` takes a
    JSON body of type X, which is decoded strictly; no body is an empty object.

    ``headers`` are documented for every handler; guards read them. ``any_media_type`` accepts
    bodies whose content type is not JSON, as ``curl -d`` sends them.
    """

    def __init__(
        self,
        *,
        guards: Sequence[Guard] = (),
        refuses: Collection[int] = (),
        headers: Mapping[str, HeaderParameter] | None = None,
        dependencies: Mapping[str, Callable[..., Any]] | None = None,
        any_media_type: bool = False,
        **shared: Any,
    ) -> None:
        self._refuses = frozenset(refuses)
        self._any_media_type = any_media_type
        self.handlers: list[HTTPRouteHandler] = []
        self._shared: dict[str, Any] = {
            "guards": list(guards),
            "parameters": dict(headers or {}),
            "dependencies": {
                name: Provide(provide, sync_to_thread=False)
                for name, provide in (dependencies or {}).items()
            },
            **shared,
        }

    def get(self, path: str | Sequence[str], **options: Any) -> Callable[[F], F]:
        """Register a handler of GET."""
        return self._register(HttpMethod.GET, path, options)

    def post(self, path: str | Sequence[str], **options: Any) -> Callable[[F], F]:
        """Register a handler of POST."""
        return self._register(HttpMethod.POST, path, options)

    def put(self, path: str | Sequence[str], **options: Any) -> Callable[[F], F]:
        """Register a handler of PUT."""
        return self._register(HttpMethod.PUT, path, options)

    def patch(self, path: str | Sequence[str], **options: Any) -> Callable[[F], F]:
        """Register a handler of PATCH."""
        return self._register(HttpMethod.PATCH, path, options)

    def delete(self, path: str | Sequence[str], **options: Any) -> Callable[[F], F]:
        """Register a handler of DELETE."""
        return self._register(HttpMethod.DELETE, path, options)

    def router(self) -> Router:
        """Return a router with all handlers."""
        return Router("/", route_handlers=self.handlers, **self._shared)

    def _register(
        self, method: HttpMethod, path: str | Sequence[str], options: dict[str, Any]
    ) -> Callable[[F], F]:
        def register(function: F) -> F:
            self.handlers.append(self._handler(method, path, function, **options))
            return function

        return register

    def _handler(
        self,
        method: HttpMethod,
        path: str | Sequence[str],
        function: Callable[..., Any],
        *,
        refuses: Collection[int] = (),
        guards: Sequence[Guard] = (),
        status: int = 200,
        **options: Any,
    ) -> HTTPRouteHandler:
        statuses, before = self._refuses.union(refuses), list(guards)
        if "data" in inspect.signature(function).parameters:
            statuses |= frozenset(BODY_REFUSALS)
            options |= {"dto": StrictJson, "request_class": JsonRequest}
            if not self._any_media_type:
                before = [json_only, *before]
        if not inspect.iscoroutinefunction(function):
            # In a thread its queries would fall into another request's transaction.
            options["sync_to_thread"] = False
        summary, _, description = (inspect.getdoc(function) or "").partition("\n")
        return HTTPRouteHandler(
            path,
            http_method=method,
            status_code=status,
            guards=before,
            responses=documented(*sorted(statuses)),
            summary=summary.rstrip("."),
            description=description.strip() or None,
            **options,
        )(function)
