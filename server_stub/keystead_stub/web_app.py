"""The web application: all routes of the stub, their dependencies, and the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import msgspec
from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp, ControllerRouterHandler

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput
from keystead_stub import controls
from keystead_stub.auth.callers import GATEWAY_KEY
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.billing_apis.pages import (
    offline,
    restore_pages,
    result_pages,
    short_links,
    sign_in,
)
from keystead_stub.console import control_sign_in, downloads, operator
from keystead_stub.console import routes as console
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.http import body_limits
from keystead_stub.http.access_log import AccessLog
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.exposure import Exposure
from keystead_stub.http.faults import ActiveFaults, FaultMiddleware
from keystead_stub.http.gateway import Gateway
from keystead_stub.http.pages import rendering
from keystead_stub.http.problem_responses import EXCEPTION_HANDLERS
from keystead_stub.http.product import ProductContext
from keystead_stub.http.public_prefix import PublicPrefix
from keystead_stub.http.request_ids import RequestIds
from keystead_stub.http.request_text import StorableAddresses
from keystead_stub.services import Services
from keystead_stub.stripe_sim.hosted import checkout, invoice, payment_intent, portal, setup_intent
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages
from keystead_stub.stripe_sim.rest import routes as stripe_routes

#: The vendor's pages and the console. The hosted pages are simulated Stripe's.
PAGE_ROUTES = (
    rendering.routes,
    short_links.routes,
    result_pages.routes,
    restore_pages.routes,
    offline.routes,
    sign_in.routes,
    sign_in.token_routes,
    console.routes,
    control_sign_in.routes,
    downloads.routes,
    operator.routes,
    operator.manifest_routes,
)
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """The handlers' dependencies while Stripe is simulated."""

    sandbox: BillingSandbox
    hosted_pages: HostedPages


def asgi_app(
    services: Services,
    *,
    api: str,
    config: Path,
    exposure: Exposure,
    simulation: Simulation | None,
    board: ActiveFaults,
    lifespan: Sequence[Lifespan],
) -> ASGIApp:
    """Return the application with its middleware; `api` is the billing API at the root.

    Raises InvalidInput (``invalid_public_url``) if the public address has the path of a route.
    """
    app = _litestar(
        services,
        api=api,
        config=config,
        exposure=exposure,
        simulation=simulation,
        lifespan=lifespan,
    )
    inner: ASGIApp = FaultMiddleware(StorableAddresses(app), board)
    # Only where Stripe is simulated: the gateway adds the key for whoever calls it. It takes its
    # prefix off before faults are matched by path.
    if simulation is not None:
        inner = Gateway(inner, (GATEWAY_KEY, services.settings.internal_gateway_key))
    if exposure.prefix:
        _refuse_taken(exposure.prefix, {route.path for route in app.routes})
        inner = PublicPrefix(inner, exposure.prefix)
    inner = ProductContext(inner, services.product)
    # The outermost two see injected responses, too.
    inner = AccessLog(inner, services.metrics)
    return RequestIds(inner, lambda: b64u_encode(services.random(12)))


def _refuse_taken(prefix: str, paths: set[str]) -> None:
    # A proxy that takes the prefix off would leave a path that seems to have it still.
    if any(path == prefix or path.startswith(f"{prefix}/") for path in paths):
        raise InvalidInput(
            "The path of the public URL is one of the backend's own.",
            code="invalid_public_url",
            remedy="Choose another path, such as /billing.",
        )


def in_background(work: Callable[[], AbstractAsyncContextManager[None]]) -> Lifespan:
    """Return a lifespan that holds this context for as long as the application runs."""

    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        async with work():
            yield

    return running


@asynccontextmanager
async def background_task(run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a coroutine beside the block, and cancel it at the end."""
    task = asyncio.ensure_future(run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _litestar(
    services: Services,
    *,
    api: str,
    config: Path,
    exposure: Exposure,
    simulation: Simulation | None,
    lifespan: Sequence[Lifespan],
) -> Litestar:
    sandbox = simulation.sandbox if simulation else None
    origin = services.settings.allowed_origin
    return Litestar(
        route_handlers=route_handlers(api),
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        state=State(
            {
                "services": services,
                "sandbox": sandbox,
                "hosted_pages": simulation.hosted_pages if simulation else None,
                # Wakes the job worker. With a real Stripe it polls the queue in real time instead.
                "wake": sandbox.wake if sandbox else lambda: None,
                "api": api,
                "config": config,
                "exposure": exposure,
            }
        ),
        exception_handlers=EXCEPTION_HANDLERS,
        cors_config=_cors(origin) if origin else None,
        openapi_config=_openapi(api),
        lifespan=list(lifespan),
        request_max_body_size=body_limits.DEFAULT,
        logging_config=None,
    )


def route_handlers(api: str) -> Sequence[ControllerRouterHandler]:
    """Return all routes; those of simulated Stripe refuse when Stripe is real."""
    prefixed = (
        # Documented once, at the root.
        Router(f"/{name}", route_handlers=_routers(one.all_routes()), include_in_schema=False)
        for name, one in REGISTRY.items()
    )
    return (
        *_routers(REGISTRY[api].all_routes()),
        *prefixed,
        *_routers(controls.ROUTES),
        *_routers(PAGE_ROUTES),
        *checkout.ROUTES,
        *portal.ROUTES,
        *invoice.ROUTES,
        *payment_intent.ROUTES,
        *setup_intent.ROUTES,
        *stripe_routes.ROUTES,
    )


def _routers(routes: Iterable[ApiRoutes]) -> list[Router]:
    return [one.router() for one in routes]


def _cors(origin: str) -> CORSConfig:
    return CORSConfig(
        allow_origins=[origin],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "dpop"],
        # A script sees few headers of another origin's response unless they are listed here.
        expose_headers=[
            "content-disposition",
            "dpop-nonce",
            "retry-after",
            "www-authenticate",
            "x-request-id",
        ],
    )


def _openapi(api: str) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=f"Keystead stub: {api}",
        version="1",
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
    )
