"""Issue licenses to devices without a network, for activation requests in files or codes.

The age of a request is not checked: the clock of a computer that is never online may be wrong, and
the license that answers a request is valid on that one device only.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.documents import issue
from keystead.encoding import b64u_encode
from keystead.errors import InvalidDocument, InvalidInput
from keystead.instants import to_ms, to_seconds
from keystead.keys import PublicKey
from keystead.wire import activation_code
from keystead.wire.offline import OfflineRequest, read_request, unpack_request
from keystead_stub.auth.seller_audience import is_own_audience
from keystead_stub.billing import customer_states, devices, license_status, licensing, restore
from keystead_stub.billing.device_names import one_line
from keystead_stub.billing.license_seller import LicenseSeller, find_seller, standing_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store.restores import RestoreRow

_NAME_CHARACTERS = 200


class OfflineLicense(msgspec.Struct, frozen=True):
    """The license for a request. `code` is its form for typing, null if it would be too long."""

    request: OfflineRequest
    license: str
    code: str | None


def request_in_link(packed: str) -> str:
    """Unpack the request in a link, as the text of a file.

    Raises ProblemError (``invalid_request``).
    """
    try:
        return unpack_request(packed)
    except InvalidDocument as error:
        raise ProblemError(error.sentence, code="invalid_request") from None


def read_offline_request(services: Services, text: str) -> tuple[PublicKey, OfflineRequest]:
    """Decode an activation request and its device's key.

    Raises ProblemError (``invalid_request``).
    """
    try:
        key, request = read_request(text, product=None)
    except InvalidDocument as error:
        raise ProblemError(error.sentence, code="invalid_request") from None
    if not is_own_audience(request.aud, services.terms.audience):
        raise _other_product()
    if not 16 <= len(request.nonce) <= 64 or len(request.device_name) > _NAME_CHARACTERS:
        raise ProblemError("The activation request is not valid.", code="invalid_request")
    return key, request


def request_by_mail(services: Services, email: str, text: str) -> RestoreRow:
    """Mail a link to the page that issues the license, if the address is a customer's.

    The result does not reveal whether it is. Raises ProblemError (``invalid_request``).
    """
    key, request = read_offline_request(services, text)
    return restore.request(
        services,
        email=email,
        device_id=request.device_id,
        device_public_key=b64u_encode(key.raw),
        device_name=request.device_name,
        product=request.aud,
        offline_request=text,
    )


def issue_offline_license(services: Services, customer_id: str, text: str) -> OfflineLicense:
    """Bind the requesting device to the customer, and issue its license.

    Raises ProblemError: ``invalid_request``, ``device_limit``, ``exchange_limit``, or ``conflict``
    if the customer is not entitled.
    """
    key, request = read_offline_request(services, text)
    claim = devices.DeviceClaim(
        device_id=request.device_id,
        device_public_key=b64u_encode(key.raw),
        name=one_line(request.device_name),
    )
    now_ms, bound_at = services.now_ms(), services.stripe_now_ms()
    with services.store.write() as connection:
        # Decided first, so that nothing is bound to a customer who is not entitled.
        seller, standing = _standing(services, connection, customer_id, now_ms)
        if request.aud != seller.audience:
            raise _other_product()
        # The request is signed by the device's key.
        devices.bind(connection, services.terms, customer_id, claim, bound_at, proven=True)
        # A device without a network makes no status call, so this counts as its check.
        license_status.load_device(services, connection, request.device_id, now_ms)
    iat = activation_code.issued_at(to_seconds(now_ms), request)
    license_ = _license(services, customer_id, request, standing, iat)
    return OfflineLicense(request, license_, _code(license_, request))


def _standing(
    services: Services, connection: sa.Connection, customer_id: str, now_ms: int
) -> tuple[LicenseSeller, licensing.Standing]:
    state = customer_states.state_of(connection, customer_id)
    if state is not None:
        seller = find_seller(services, connection, state)
        standing = standing_of(services, state, seller, now_ms)
        if standing.active:
            return seller, standing
    raise ProblemError(
        "There is no active subscription to activate this device with.", code="conflict"
    )


def _other_product() -> ProblemError:
    return ProblemError("The request is for another product.", code="invalid_request")


def _license(
    services: Services,
    customer_id: str,
    request: OfflineRequest,
    standing: licensing.Standing,
    iat: int,
) -> str:
    """Sign the license in a form that fits into a code (`keystead.wire.activation_code`)."""
    document = licensing.license_for(
        standing,
        customer_id=customer_id,
        device_id=request.device_id,
        terms=services.terms,
        audience=request.aud,
        now_ms=to_ms(iat),
        jti=activation_code.jti_for(iat, request.nonce),
        nonce=request.nonce,
    )
    # No device needs the price id, and without it more licenses are short enough to be typed.
    paid = document.entitlement and msgspec.structs.replace(document.entitlement, price_id=None)
    return issue(msgspec.structs.replace(document, entitlement=paid), services.key)


def _code(license_: str, request: OfflineRequest) -> str | None:
    try:
        return activation_code.encode(license_, request)
    except InvalidInput:
        return None
