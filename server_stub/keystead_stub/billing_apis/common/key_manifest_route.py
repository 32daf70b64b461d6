"""The route of the key manifest, which every billing API serves alike (specification §7.16)."""

from __future__ import annotations

import logging
from hashlib import sha256

from litestar import Response

from keystead.encoding import b64u_encode
from keystead.errors import InvalidInput, StorageFailed
from keystead.wire import nyra as wire
from keystead.wire.fields import PRODUCT_HEADER
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.requests import AnyRequest
from keystead_stub.ops import manifest_file

_log = logging.getLogger(__name__)

routes = ApiRoutes()


@routes.get(wire.KEYS, refuses=(400, 404, 503))
def get_keys(
    request: AnyRequest, services: Injected, product: Product = None
) -> Response[wire.KeysAnswer | None]:
    """Get the newest manifest of the signing keys, signed by a root key."""
    paths = services.settings.key_manifests
    if not paths:
        raise ProblemError("This backend has no key manifest.", code="not_found")
    try:
        manifest = manifest_file.find(paths, product)
    except (InvalidInput, StorageFailed) as error:
        # The log says what is wrong, and not the answer, because the operator has to mend it.
        _log.error("key manifest unusable", extra={"code": error.code})
        raise ProblemError(
            "The key manifest can't be served at the moment.", code="unavailable"
        ) from None
    etag = f'"{b64u_encode(sha256(manifest.compact.encode()).digest())}"'
    headers = {
        "ETag": etag,
        # May be kept, but has to be checked again: a manifest that revokes a key counts at once.
        "Cache-Control": "no-cache",
        "Vary": PRODUCT_HEADER,
    }
    if etag in _known(request):
        return Response(None, status_code=304, headers=headers)
    return Response(wire.KeysAnswer(manifest=manifest.compact), headers=headers)


def _known(request: AnyRequest) -> list[str]:
    """Return the entity tags that the caller has, compared weakly (RFC 9110 §13.1.2)."""
    given = request.headers.get("if-none-match", "")
    return [part.strip().removeprefix("W/") for part in given.split(",")]
