"""Composition root: build the parts from settings and connect them."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import httpx
import msgspec
import sqlalchemy as sa
from litestar.types import ASGIApp

from keystead.errors import InvalidInput
from keystead.keys import KeySet
from keystead_stub.auth.dpop_nonces import Nonces
from keystead_stub.auth.proof_replay import UsedProofs
from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.billing.catalogue import Catalogue, default_catalogue
from keystead_stub.billing.licensing import Terms
from keystead_stub.billing.vendor import sold_catalogue
from keystead_stub.billing.vendor.vendor_files import VendorFiles
from keystead_stub.billing_apis import REGISTRY
from keystead_stub.billing_apis.crow import organization_events
from keystead_stub.billing_apis.dashclicks.merchants import (
    connections,
    follow_up_jobs,
    marketplace,
)
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import cached_clients
from keystead_stub.billing_apis.pages.hosted_vendor import HostedVendor
from keystead_stub.billing_apis.stripe_integration import tenants
from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.http.exposure import CONTROL_HEADER, Exposure
from keystead_stub.http.faults import ActiveFaults, Faults
from keystead_stub.http.metrics import Metrics
from keystead_stub.http.pages.form_tokens import FormTokens
from keystead_stub.ops import manifest_file
from keystead_stub.ops.job_worker import Worker
from keystead_stub.ops.notifications import notifier
from keystead_stub.ops.rate_limiter import RateLimiter
from keystead_stub.services import Services
from keystead_stub.settings import INTERNAL_ROUTER, NOTIFICATIONS, Settings
from keystead_stub.store.engine import IN_MEMORY, Store, is_in_memory, open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_port.live import LiveStripe, connect_over, stripe_http
from keystead_stub.stripe_port.simulated import SimulatedStripeApi
from keystead_stub.stripe_seed import seed_from
from keystead_stub.stripe_sim import account_setup
from keystead_stub.stripe_sim.engine.cached_clock import CachedClock
from keystead_stub.stripe_sim.engine.rules import Rules
from keystead_stub.stripe_sim.engine.time_travel import TimeTravel
from keystead_stub.stripe_sim.engine.webhook_delivery import WebhookDispatcher, WebhookFaults
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages
from keystead_stub.stripe_sim.http_post import http_post
from keystead_stub.stripe_sim.resources.accounts.shape import OpenedAccount
from keystead_stub.stripe_sim.resources.webhook_endpoints import operations as webhook_endpoints
from keystead_stub.stripe_sim.rest import routes as stripe_routes
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.web_app import Simulation, asgi_app, background_task, in_background

if TYPE_CHECKING:
    from stripe import StripeClient

_WEBHOOKS = tuple(api.webhook for api in REGISTRY.values())


def real_ms() -> int:
    return time.time_ns() // 1_000_000


#: Of a request to Stripe that got no answer; the SDK sends it again with its idempotency key.
_STRIPE_RETRIES = 2


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve: `url` is where it listens, without a slash at its end; `api` is at the root.

    `exposure` says how others reach it; without it clients use `url`.
    """

    url: str
    exposure: Exposure | None = None
    #: The config file for values that are not secret; the console's form writes to it.
    config: Path
    api: str = "nyra"
    database: str = IN_MEMORY
    #: What is sold, and of which product; by default the example's.
    vendor: VendorFiles = VendorFiles()
    #: Whether the operator confirms a backup, so that a migration may drop data.
    backup_taken: bool = False
    #: The real clock below simulated Stripe's, in epoch milliseconds.
    real_ms: Callable[[], int] = real_ms

    @property
    def reached(self) -> Exposure:
        return self.exposure or Exposure(url=self.url, public_url=self.url)


class Stub(msgspec.Struct, frozen=True, kw_only=True):
    """A built stub. Serve `asgi`, and call `close` at the end."""

    asgi: ASGIApp
    services: Services
    #: Simulated Stripe with the billing side; null where Stripe is real.
    sandbox: BillingSandbox | None = None

    def close(self) -> None:
        self.services.store.close()


def build(settings: Settings, options: Options) -> Stub:
    """Return the whole stub. Raises InvalidInput if settings or database cannot be used."""
    store = open_migrated(options.database, backup_taken=options.backup_taken)
    settings = msgspec.structs.replace(settings, in_memory=is_in_memory(options.database))
    try:
        catalogue = sold_catalogue.take_over(
            store, product=options.vendor.product, catalogue=_catalogue(settings, options)
        )
    except InvalidInput:
        store.close()
        raise
    # Proxy variables are ignored, because the stub calls itself over loopback. Redirects are not
    # followed: a webhook's signature is for one address.
    client = httpx.AsyncClient(
        trust_env=False,
        timeout=20,
        follow_redirects=False,
        event_hooks={"request": [_with_control_token(options.reached)]},
    )
    parts = _Parts(settings, options, store, catalogue, client, Metrics())
    return _simulated(parts) if settings.mode == "simulated" else _live(parts)


def _with_control_token(exposure: Exposure) -> Callable[[httpx.Request], Awaitable[None]]:
    """Return a hook that adds the control token to the stub's calls of its own simulations."""
    own = tuple(
        exposure.url + path for path in (stripe_routes.BASE, NOTIFICATIONS, INTERNAL_ROUTER)
    )

    async def add(request: httpx.Request) -> None:
        if exposure.control_token is not None and str(request.url).startswith(own):
            request.headers[CONTROL_HEADER] = exposure.control_token

    return add


def _catalogue(settings: Settings, options: Options) -> Catalogue:
    """What is sold: the vendor's catalogue, else the example's with the configured price ids."""
    if options.vendor.catalogue is not None:
        return options.vendor.catalogue.catalogue
    return default_catalogue(
        pro_monthly=settings.price_pro_monthly,
        modules_pro=settings.price_crow_pro,
        modules_enterprise=settings.price_crow_enterprise,
    )


def _terms(options: Options) -> Terms:
    terms = Terms(issuer=options.reached.public_url, audience=options.vendor.product.id)
    sold = options.vendor.catalogue
    if sold is None:
        return terms
    return msgspec.structs.replace(
        terms,
        offline_grace_s=sold.offline_grace_hours * 3600,
        device_limit=sold.device_limit,
    )


class _Parts(msgspec.Struct, frozen=True):
    """The parts that simulated and live mode share. One HTTP client serves all calls."""

    settings: Settings
    options: Options
    store: Store
    catalogue: Catalogue
    client: httpx.AsyncClient
    metrics: Metrics


def _live(parts: _Parts) -> Stub:
    """Return the stub over a real Stripe account."""
    api_url = parts.settings.stripe_api_url or None
    http = stripe_http(api_url)
    services = _services(
        parts,
        now_ms=real_ms,
        stripe=LiveStripe(
            connect_over(
                parts.settings.stripe_secret_key, http, api_url=api_url, retries=_STRIPE_RETRIES
            ),
            parts.settings.mode,
            sold=parts.catalogue.price_ids,
        ),
        open_account=None,
        client_of=lambda key: connect_over(key, http, api_url=api_url),
    )
    worker = _worker(parts, real_ms)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with http, background_task(worker.run):
            yield

    return _stub(
        # Only the worker runs in the background: a real Stripe has its own clock and webhooks.
        parts,
        services,
        ActiveFaults(_WEBHOOKS),
        None,
        running,
    )


def _simulated(parts: _Parts) -> Stub:
    """Return the stub with simulated Stripe, its clock and its webhooks."""
    url, api, real_ms = parts.options.url, parts.options.api, parts.options.real_ms
    simulated = SimulatedStripe(
        parts.store,
        Rules(seed=seed_from(parts.catalogue), base_url=parts.options.reached.public_url),
        real_ms=real_ms,
        random=SystemRandom(),
    )
    # Each request needs the time several times, and reading it from the database would slow them
    # all.
    clock = CachedClock(simulated.now_ms, real_ms, time.monotonic)
    board = ActiveFaults(_WEBHOOKS)
    dispatcher = WebhookDispatcher(
        simulated,
        http_post(parts.client),
        random=SystemRandom(),
        faults=lambda: webhook_faults(board.current),
        on_attempt=parts.metrics.count_delivery,
    )
    travel = TimeTravel(simulated, dispatcher, _worker(parts, clock.now_ms))
    services = _services(
        parts,
        now_ms=clock.now_ms,
        stripe=SimulatedStripeApi(simulated),
        open_account=simulated.open_account,
        # Merchants' keys act in the simulation over the wire, as they would at Stripe.
        client_of=lambda key: connect_over(
            key, parts.client, api_url=url + stripe_routes.BASE, settle=travel.settle
        ),
    )
    # Set afterwards, because time travel needs the simulation first.
    simulated.on_change = travel.wake
    # While the clock is turned forward, signatures are checked at each webhook's own instant.
    simulated.on_turn = clock.turned
    sandbox = BillingSandbox(services, simulated, travel, board=board)
    vendor = HostedVendor(services, api=api)
    simulation = Simulation(
        sandbox=sandbox, hosted_pages=HostedPages(sandbox, services.form_tokens, vendor)
    )

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        secrets = parts.settings.webhook_secrets
        simulated.run(webhook_endpoints.register, url + REGISTRY[api].webhook, secrets)
        simulated.run(account_setup.follow_seed)
        async with sandbox.running():
            yield

    return _stub(parts, services, board, simulation, running)


def webhook_faults(faults: Faults) -> WebhookFaults:
    """Return the part of the faults that concerns the delivery of webhooks."""
    return WebhookFaults(
        hold=faults.hold_webhooks,
        shuffle=faults.shuffle_webhooks,
        duplicate=faults.duplicate_webhooks,
        wrong_signature=faults.wrong_signature,
    )


def _worker(parts: _Parts, now_ms: Callable[[], int]) -> Worker:
    notify = notifier(parts.client, parts.settings.notification_service_url)
    kinds = (organization_events.NOTIFY, tenants.NOTIFY, *follow_up_jobs.KINDS)
    handlers = dict.fromkeys(kinds, notify)
    router = parts.settings.api_base_url.rstrip("/") + follow_up_jobs.CUSTOMERS
    handlers[follow_up_jobs.CUSTOMER] = notifier(parts.client, router)
    return Worker(parts.store, handlers, now_ms)


def open_migrated(database: str, *, backup_taken: bool = False) -> Store:
    """Open the database and bring its schema up to date.

    Raises InvalidInput (``invalid_database``, ``newer_database``, ``backup_needed``) or
    StorageFailed.
    """
    try:
        store = open_store(database)
        migrate(store, real_ms(), backup_taken=backup_taken)
    # Without the cause: its text can contain the password of the database's URL.
    except (sa.exc.SQLAlchemyError, sqlite3.Error, KeyError, ImportError, OSError):
        raise InvalidInput(
            "The database could not be opened.",
            code="invalid_database",
            remedy="Name an SQLite file, sqlite:// for one in memory, or postgresql+psycopg://….",
        ) from None
    return store


def _services(
    parts: _Parts,
    *,
    now_ms: Callable[[], int],
    stripe: StripeApi,
    open_account: Callable[[str], OpenedAccount] | None,
    client_of: Callable[[str], StripeClient],
) -> Services:
    settings, url = parts.settings, parts.options.reached.public_url
    keys = settings.signing_keys()
    if len(keys) > 1:
        connections.reseal(parts.store, settings.signing_secrets)
    marketplace.publish(parts.store, parts.catalogue)
    return Services(
        settings=settings,
        product=parts.options.vendor.product,
        vendor_profile=parts.options.vendor.profile_text,
        terms=_terms(parts.options),
        catalogue=parts.catalogue,
        store=parts.store,
        key=keys[0],
        keys=KeySet([key.public_key for key in keys]),
        manifest_keys=lambda: manifest_file.read_keys(
            settings.key_manifests,
            lambda product: is_own_audience(product, parts.options.vendor.product.id),
        ),
        stripe=stripe,
        open_stripe_account=open_account,
        # Real time, not Stripe's: clients' proofs carry the time of their own clocks.
        nonces=Nonces(settings.signing_secrets, time.time),
        limiter=RateLimiter(parts.store, now_ms),
        stripe_now_ms=now_ms,
        proofs=UsedProofs(parts.store, time.time),
        # Derived from existing secrets, so that forms survive a restart without another secret to
        # configure.
        form_tokens=FormTokens(settings.signing_secrets),
        metrics=parts.metrics,
        random=secrets.token_bytes,
        public_url=lambda: url,
        stripe_client=cached_clients(client_of),
        merchants=next(api.merchants for api in REGISTRY.values() if api.merchants),
        on_customer_event=tuple(
            api.on_customer_event for api in REGISTRY.values() if api.on_customer_event
        ),
        on_event=tuple(api.on_event for api in REGISTRY.values() if api.on_event),
    )


def _stub(
    parts: _Parts,
    services: Services,
    board: ActiveFaults,
    simulation: Simulation | None,
    running: Callable[[], AbstractAsyncContextManager[None]],
) -> Stub:
    asgi = asgi_app(
        services,
        api=parts.options.api,
        config=parts.options.config,
        exposure=parts.options.reached,
        simulation=simulation,
        board=board,
        lifespan=[in_background(lambda: _closing(parts.client)), in_background(running)],
    )
    return Stub(asgi=asgi, services=services, sandbox=simulation.sandbox if simulation else None)


@asynccontextmanager
async def _closing(client: httpx.AsyncClient) -> AsyncIterator[None]:
    async with client:
        yield
