"""What a load balancer and a monitor ask: readiness, and metrics for Prometheus."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from importlib.metadata import version

from litestar import Response
from litestar.handlers import BaseRouteHandler

from keystead_stub.auth.device_credentials import is_operator
from keystead_stub.auth.request_credentials import credentials_of
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import is_this_machine
from keystead_stub.http.metrics import CONTENT_TYPE, Family
from keystead_stub.http.requests import AnyConnection, AnyRequest
from keystead_stub.services import Services
from keystead_stub.store import jobs, switches
from keystead_stub.store.engine import kind_of

READY = "/health/ready"
LIVE = "/health/live"
METRICS = "/metrics"

_STARTED_S = time.time()

public = ApiRoutes(include_in_schema=False)


async def monitors_only(connection: AnyConnection, _handler: BaseRouteHandler) -> None:
    """Guard that lets in this machine, and the operator's token from everywhere.

    Raises ProblemError (``invalid_token``).
    """
    services: Services = connection.app.state["services"]
    if is_this_machine(connection) or is_operator(services, credentials_of(connection)):
        return
    raise ProblemError(
        "The operator's token is required.",
        code="invalid_token",
        headers={"WWW-Authenticate": "Bearer"},
    )


monitored = ApiRoutes(guards=[monitors_only], include_in_schema=False)
ROUTES = (public, monitored)


@public.get(LIVE)
def get_live() -> dict[str, bool]:
    """Answer while the process answers at all."""
    return {"live": True}


@public.get(READY)
def get_ready(services: Injected) -> Response[dict[str, bool]]:
    """Say whether this process takes new requests: 503 once it was asked to stop."""
    database = services.store.ok()
    ready = database and not services.readiness.draining
    report = {"ready": ready, "database": database, "draining": services.readiness.draining}
    return Response(report, status_code=200 if ready else 503)


@monitored.get(METRICS)
def get_metrics(request: AnyRequest, services: Injected) -> Response[str]:
    """Return the metrics of this process."""
    text = services.metrics.render(_gauges(services, str(request.app.state["api"])))
    # With the version of the format, which the framework's own text type does not have.
    return Response(text, media_type=CONTENT_TYPE)


def _gauges(services: Services, api: str) -> Iterator[Family]:
    build = {
        "version": version("keystead"),
        "python": platform.python_version(),
        "api": api,
        "stripe": services.stripe.mode,
        "database": kind_of(str(services.store.engine.url)),
    }
    yield "keystead_build_info", "What is running.", "gauge", [(build, 1)]
    start = "process_start_time_seconds"
    yield (
        start,
        "When the process started, in seconds since the epoch.",
        "gauge",
        [({}, _STARTED_S)],
    )
    in_use, idle = services.store.connections()
    yield (
        "keystead_database_connections",
        "Open connections of this process to the database.",
        "gauge",
        [({"state": "in_use"}, in_use), ({"state": "idle"}, idle)],
    )
    up = services.store.ok()
    yield "keystead_database_up", "Whether the database answers.", "gauge", [({}, up)]
    ready = up and not services.readiness.draining
    yield "keystead_ready", "Whether this process takes new requests.", "gauge", [({}, ready)]
    if not up:
        return
    with services.store.read() as connection:
        selling = switches.is_on(connection, switches.CHECKOUT)
        waiting, failing = jobs.count_pending(connection)
    yield "keystead_checkout_enabled", "Whether checkouts can be started.", "gauge", [({}, selling)]
    yield (
        "keystead_jobs_pending",
        "Messages to other services that wait to be sent, for the first time or again.",
        "gauge",
        [({"state": "new"}, waiting), ({"state": "failing"}, failing)],
    )
