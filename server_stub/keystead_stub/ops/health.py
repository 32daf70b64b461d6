"""The health report, and whether the backend may take live payments (specification §7.6)."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_stub.settings import Settings, blockers, deployability
from keystead_stub.stripe_types.api import STRIPE_API_VERSION

SERVICE = "nyra-billing-api"


def health(
    settings: Settings,
    *,
    database_ok: bool,
    now_ms: int,
    draining: bool = False,
    other_versions: tuple[str, ...] = (),
    key_problems: tuple[str, ...] = (),
) -> wire.Health:
    """Return the state of secrets, variables and database: names of what is missing, no values.

    A process that is `draining` was asked to stop, and should get no more requests.

    `other_versions` are API versions of received webhooks that are not the pinned one. They are
    reported, and the service stays healthy: it reads them, too. So are `key_problems`, those of the
    key manifest: devices keep the one that they have.
    """
    missing = tuple(settings.missing_secrets())
    version_ok = settings.stripe_api_version == STRIPE_API_VERSION
    return wire.Health(
        ok=database_ok and version_ok and not missing and not draining,
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
            keys=wire.KeysCheck(ok=not key_problems, problems=key_problems),
            webhooks=wire.WebhooksCheck(ok=not other_versions, api_versions=other_versions),
        ),
        stripe=wire.StripeMode(mode=settings.mode),
        deployability=wire.Deployability(
            status=deployability(settings), blockers=tuple(blockers(settings))
        ),
    )
