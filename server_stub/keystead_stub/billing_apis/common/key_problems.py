"""What is wrong with the key manifests that a running backend serves."""

from __future__ import annotations

from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.ops import manifest_file
from keystead_stub.ops.key_manifests import findings
from keystead_stub.services import Services


def key_problems(services: Services, now_ms: int) -> tuple[str, ...]:
    """Return a sentence for each problem; it names a file by its position in the setting."""
    product = services.terms.audience
    found = findings(
        manifest_file.read_all(services.settings.key_manifests),
        signing=services.key,
        product=product,
        is_ours=lambda audience: is_own_audience(audience, product),
        now_ms=now_ms,
    )
    return tuple(one.sentence for one in found)
