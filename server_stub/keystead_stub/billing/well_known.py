"""The documents that need no credential: the key manifest and the plans."""

from __future__ import annotations

from keystead.documents import KeyManifest, issue
from keystead.instants import to_seconds
from keystead.keys import public_jwk
from keystead.wire import nyra as wire
from keystead_stub.services import Services

MANIFEST_VALID_S = 30 * 86_400
_PERIODS = {"month": "monthly", "year": "yearly"}


def manifest(services: Services) -> str:
    """Sign the key manifest. Its version is the time, which grows without being stored."""
    now_s = to_seconds(services.now_ms())
    return issue(
        KeyManifest(
            iss=services.terms.issuer,
            iat=now_s,
            exp=now_s + MANIFEST_VALID_S,
            version=now_s,
            keys=tuple(public_jwk(key.raw, key.kid) for key in services.keys),
        ),
        services.key,
    )


def plans(services: Services, api: str) -> wire.PlansAnswer:
    """List the plans that this billing API sells."""
    return wire.PlansAnswer(
        plans=tuple(
            wire.Plan(
                plan=plan.id,
                name=plan.name,
                features=plan.features,
                min_seats=plan.min_seats,
                max_seats=plan.max_seats,
                prices=tuple(
                    wire.Price(
                        price_id=price.id,
                        billing_period=_PERIODS[price.interval],
                        amount=price.amount,
                        currency=price.currency,
                    )
                    for price in plan.prices
                ),
            )
            for plan in services.catalogue.sold_at(api)
        )
    )
