"""Composition: builds the parts from settings and connects them. Decides nothing."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import httpx
import msgspec
import sqlalchemy as sa
from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput
from keystead.instants import to_seconds
from keystead.keys import KeySet
from keystead_stub import controls, page_routes
from keystead_stub.auth.callers import GATEWAY_KEY
from keystead_stub.auth.dpop_nonces import Nonces
from keystead_stub.auth.proof_replay import UsedProofs
from keystead_stub.billing.catalogue import Catalogue, default_catalogue
from keystead_stub.billing.licensing import Terms
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.billing_apis.crow import organizations
from keystead_stub.billing_apis.dashclicks.merchants import follow_up_jobs
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import clients
from keystead_stub.billing_apis.stripe_integration import tenants
from keystead_stub.controls.sandbox import CONNECTED_API, Rehearsal
from keystead_stub.http.faults import FaultBoard, FaultMiddleware
from keystead_stub.http.gateway import Gateway
from keystead_stub.http.problem_responses import EXCEPTION_HANDLERS
from keystead_stub.http.rate_limit import RateLimiter
from keystead_stub.http.request_ids import RequestIds
from keystead_stub.ops.job_worker import Worker
from keystead_stub.ops.notifications import notifier
from keystead_stub.services import Services
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY, Store, open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.stripe_port.live import LiveStripe, connect, connect_over
from keystead_stub.stripe_port.simulated import SimulatedStripeApi
from keystead_stub.stripe_seed import seed_from
from keystead_stub.stripe_sim.engine.cached_clock import SteeredClock
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.engine.webhook_delivery import Courier
from keystead_stub.stripe_sim.http_post import http_post
from keystead_stub.stripe_sim.rest import routes as stripe_routes
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe

if TYPE_CHECKING:
    from stripe import StripeClient

PRODUCT_ID = "nyra"
MAX_BODY = 64 * 1024
_WEBHOOKS = tuple(api.webhook for api in REGISTRY.values())


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve: `url` without a slash at its end, `api` at the root."""

    url: str
    #: Where values that are no secret are kept; the console's form writes there.
    config: Path
    api: str = "nyra"
    database: str = IN_MEMORY
    #: Whether the operator has backed the database up before what it drops is dropped.
    backup_taken: bool = False


class Stub(msgspec.Struct, frozen=True, kw_only=True):
    """A stub that is built; `asgi` is to be served, and `close` called at the end."""

    asgi: ASGIApp
    services: Services

    def close(self) -> None:
        self.services.store.close()


def real_ms() -> int:
    return time.time_ns() // 1_000_000


def build(settings: Settings, options: Options) -> Stub:
    """The whole stub. Raises InvalidInput where the settings or the database cannot be used."""
    store = open_migrated(options.database, backup_taken=options.backup_taken)
    catalogue = default_catalogue(
        pro_monthly=settings.price_pro_monthly,
        modules_pro=settings.price_crow_pro,
        modules_enterprise=settings.price_crow_enterprise,
    )
    client = _client()
    if settings.mode != "simulated":
        services = _services(
            settings,
            options,
            store,
            catalogue=catalogue,
            now_ms=real_ms,
            simulated=None,
            client_of=lambda key: connect_over(
                key, client, api_url=settings.stripe_api_url or None
            ),
        )
        worker = _worker(settings, store, client, real_ms)
        return _stub(services, options, None, FaultBoard(_WEBHOOKS), worker)
    simulated = SimulatedStripe(
        store,
        Rules(seed=seed_from(catalogue, connected_api=CONNECTED_API), base_url=options.url),
        real_ms=real_ms,
        random=SystemRandom(),
    )
    clock = SteeredClock(simulated.now_ms, real_ms, time.monotonic)
    board = FaultBoard(_WEBHOOKS)
    courier = Courier(simulated, http_post(client), random=SystemRandom(), faults=board.of_webhooks)
    travel = TimeTravel(simulated, courier, _worker(settings, store, client, clock.now_ms))
    services = _services(
        settings,
        options,
        store,
        catalogue=catalogue,
        now_ms=clock.now_ms,
        simulated=simulated,
        # Merchants' keys act in the simulation over the wire, as they would at Stripe.
        client_of=lambda key: connect_over(
            key,
            client,
            api_url=options.url + stripe_routes.BASE,
            settle=travel.settle,
        ),
    )
    simulated.on_change = travel.wake
    # A journey's webhooks are judged at the instants of the journey.
    simulated.on_turn = clock.turned
    rehearsal = Rehearsal(
        services,
        simulated,
        travel,
        client=client,
        board=board,
        api=options.api,
        webhook_url=options.url + REGISTRY[options.api].webhook,
    )
    return _stub(services, options, rehearsal, board)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=20, follow_redirects=False)


def _worker(
    settings: Settings, store: Store, client: httpx.AsyncClient, now_ms: Callable[[], int]
) -> Worker:
    notify = notifier(client, settings.notification_service_url)
    kinds = (organizations.NOTIFY, tenants.NOTIFY, *follow_up_jobs.KINDS)
    return Worker(store, dict.fromkeys(kinds, notify), now_ms)


def open_migrated(database: str, *, backup_taken: bool = False) -> Store:
    """Open the database and bring its schema up to date.

    Raises InvalidInput (``invalid_database``, ``newer_database``, ``backup_needed``) or
    StorageFailed.
    """
    try:
        store = open_store(database)
        migrate(store, real_ms(), backup_taken=backup_taken)
    except (sa.exc.SQLAlchemyError, sqlite3.Error, KeyError, ImportError):
        raise InvalidInput(
            "The database could not be opened.",
            code="invalid_database",
            remedy="Name an SQLite file, sqlite:// for one in memory, or postgresql+psycopg://….",
        ) from None
    return store


def _services(
    settings: Settings,
    options: Options,
    store: Store,
    *,
    catalogue: Catalogue,
    now_ms: Callable[[], int],
    simulated: SimulatedStripe | None,
    client_of: Callable[[str], StripeClient],
) -> Services:
    key = settings.signing_key()
    return Services(
        settings=settings,
        terms=Terms(issuer=options.url, audience=PRODUCT_ID),
        catalogue=catalogue,
        store=store,
        key=key,
        keys=KeySet([key.public_key]),
        stripe=SimulatedStripeApi(simulated) if simulated else _real_stripe(settings, catalogue),
        controls=simulated,
        nonces=Nonces(settings.license_signing_secret.encode(), time.time),
        limiter=RateLimiter(lambda: to_seconds(now_ms())),
        stripe_now_ms=now_ms,
        proofs=UsedProofs(store, time.time),
        random=secrets.token_bytes,
        public_url=lambda: options.url,
        stripe_client=clients(client_of),
        merchants=next(api.merchants for api in REGISTRY.values() if api.merchants),
        follow_ups=tuple(api.follow_up for api in REGISTRY.values() if api.follow_up),
        on_event=tuple(api.on_event for api in REGISTRY.values() if api.on_event),
    )


def _real_stripe(settings: Settings, catalogue: Catalogue) -> LiveStripe:
    client = connect(settings.stripe_secret_key, api_url=settings.stripe_api_url or None)
    return LiveStripe(client, settings.mode, sold=catalogue.price_ids)


def _stub(
    services: Services,
    options: Options,
    rehearsal: Rehearsal | None,
    board: FaultBoard,
    worker: Worker | None = None,
) -> Stub:
    faulty = FaultMiddleware(_litestar(services, rehearsal, options, worker), board)
    key = (GATEWAY_KEY, services.settings.internal_gateway_key)
    asgi = RequestIds(Gateway(faulty, key), lambda: b64u_encode(services.random(12)))
    return Stub(asgi=asgi, services=services)


def _lifespan(rehearsal: Rehearsal) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        await rehearsal.start()
        try:
            yield
        finally:
            await rehearsal.stop()

    return running


def _working(worker: Worker) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        working = asyncio.create_task(worker.run())
        try:
            yield
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working

    return running


def _litestar(
    services: Services, rehearsal: Rehearsal | None, options: Options, worker: Worker | None
) -> Litestar:
    prefixed = [
        Router(f"/{name}", route_handlers=list(api.routes()), include_in_schema=False)
        for name, api in REGISTRY.items()
    ]
    origin = services.settings.allowed_origin
    return Litestar(
        route_handlers=[
            *REGISTRY[options.api].routes(),
            *prefixed,
            *controls.routes(),
            *page_routes.routes(),
            *stripe_routes.ROUTES,
        ],
        dependencies={"services": Provide(lambda: services, sync_to_thread=False)},
        state=State(
            {
                "services": services,
                "rehearsal": rehearsal,
                #: Says that a job was put on the queue; the worker of a real Stripe looks itself.
                "wake": rehearsal.wake if rehearsal else lambda: None,
                "api": options.api,
                "config": options.config,
            }
        ),
        exception_handlers=EXCEPTION_HANDLERS,
        cors_config=_cors(origin) if origin else None,
        openapi_config=_openapi(options),
        lifespan=[
            *([_lifespan(rehearsal)] if rehearsal else []),
            *([_working(worker)] if worker else []),
        ],
        request_max_body_size=MAX_BODY,
        logging_config=None,
    )


def _cors(origin: str) -> CORSConfig:
    return CORSConfig(
        allow_origins=[origin],
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "dpop"],
        expose_headers=[
            "content-disposition",
            "dpop-nonce",
            "retry-after",
            "www-authenticate",
            "x-request-id",
        ],
    )


def _openapi(options: Options) -> OpenAPIConfig:
    return OpenAPIConfig(
        title=f"Keystead stub: {options.api}",
        version="1",
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
    )
