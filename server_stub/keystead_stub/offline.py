"""Activation by file: a request that a device signed, for a license that it can carry home."""

from __future__ import annotations

from keystead.encoding import b64u_encode
from keystead.errors import InvalidDocument
from keystead.wire.offline import read_request
from keystead_stub import device_rules, statuses
from keystead_stub.refusals import Refused
from keystead_stub.services import Services


def license_for_request(services: Services, customer_id: str, text: str) -> str:
    """The license file for this customer's device, which is bound under the limit.

    Raises Refused: ``invalid_request`` for what is no request of ours, ``device_limit``.
    """
    try:
        key, request = read_request(text, product=services.terms.audience)
    except InvalidDocument as error:
        raise Refused(error.sentence, code="invalid_request") from None
    if not 16 <= len(request.nonce) <= 64 or len(request.device_name) > 200:
        raise Refused("The request is not valid.", code="invalid_request")
    claim = device_rules.Claim(
        device_id=request.device_id,
        device_public_key=b64u_encode(key.raw),
        name=request.device_name or None,
    )
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        device_rules.bind(connection, services.terms, customer_id, claim, now_ms)
    return statuses.license_file(services, request.device_id, request.nonce)
