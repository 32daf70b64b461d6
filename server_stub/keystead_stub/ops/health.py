"""The health report, and whether the backend may take live payments (contract §3)."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_stub.settings import Settings, blockers, deployability
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

SERVICE = "nyra-billing-api"


def health(settings: Settings, *, database_ok: bool, now_ms: int) -> wire.Health:
    """Return the state of secrets, variables and database: names of what is missing, no values."""
    missing = tuple(settings.missing_secrets())
    version_ok = settings.stripe_api_version == STRIPE_API_VERSION
    return wire.Health(
        ok=database_ok and version_ok and not missing,
        service=SERVICE,
        time=now_ms,
        checks=wire.HealthChecks(
            secrets=wire.SecretsCheck(ok=not missing, missing=missing),
            vars={
                # A missing origin only keeps browsers out: the service is healthy without it.
                "ok": version_ok,
                "ALLOWED_ORIGIN": bool(settings.allowed_origin),
                "STRIPE_API_VERSION": version_ok,
            },
            database=wire.DatabaseCheck(ok=database_ok),
        ),
        stripe=wire.StripeMode(mode=settings.mode),
        deployability=wire.Deployability(
            status=deployability(settings), blockers=tuple(blockers(settings))
        ),
    )
