"""`/stripe/v1/…`: requests in Stripe's form encoding, answers and errors as Stripe's API has them.

The secret key is any test key, as Stripe's own test mode would have it: the account is simulated.
A connected account's own key acts in that account (see `acting_account`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from litestar import Response, delete, get, post
from litestar.params import FromPath

from keystead_stub.http import body_limits
from keystead_stub.http.access_log import note_refusal
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.local_callers import credentials_in, local_only, simulated_only
from keystead_stub.http.pages.rendering import AnyRequest
from keystead_stub.http.request_ids import request_id
from keystead_stub.http.requests import exposure_of
from keystead_stub.stripe_sim.engine.errors import CardError
from keystead_stub.stripe_sim.rest import acting_account, changes, retrieval
from keystead_stub.stripe_sim.rest.parameters import Parameters, tree_of
from keystead_stub.stripe_sim.sandbox import Sandbox
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import RESPOND_ASYNC, Document
from keystead_stub.stripe_types.errors import StripeError

#: The base address for Stripe's SDKs, instead of https://api.stripe.com.
BASE = "/stripe"
PREFIX = f"{BASE}/v1"
#: https://docs.stripe.com/api/idempotent_requests
_MAX_IDEMPOTENCY_KEY = 255
#: Any test key acts in the platform's account.
_PLATFORM_KEY = "sk_test_platform"
_KINDS = {402: "card_error", 401: "invalid_request_error", 409: "invalid_request_error"}


def _answer(request: AnyRequest, status: int, document: Document) -> Response[Any]:
    # Stripe's SDKs obey `Stripe-Should-Retry` before their own rules: the outcome here would be the
    # same again.
    headers = {"Request-Id": f"req_{request_id(request.scope)}", "Stripe-Should-Retry": "false"}
    return Response(document, status_code=status, headers=headers)


def _on_refused(request: AnyRequest, refused: StripeError) -> Response[Any]:
    note_refusal(request.scope, refused.code)
    kind = _KINDS.get(refused.status, "invalid_request_error")
    if refused.code == "idempotency_error":
        kind = "idempotency_error"
    error = {"type": kind, "code": refused.code, "message": refused.sentence}
    if refused.param is not None:
        error["param"] = refused.param
    if isinstance(refused, CardError):
        error = {**refused.about, **error}
    # Stripe answers a request that the object's state does not allow with 400, not with 409.
    status = 400 if refused.code == "illegal_transition" else refused.status
    return _answer(request, status, {"error": error})


def _on_problem(request: AnyRequest, problem: ProblemError) -> Response[Any]:
    """Answer a guard's refusal in Stripe's shape, which is the only one that SDKs read."""
    refused = StripeError(problem.sentence, code=problem.code, status=problem.status)
    return _on_refused(request, refused)


_OPTIONS: dict[str, Any] = {
    "include_in_schema": False,
    "status_code": 200,
    "guards": [local_only, simulated_only],
    "exception_handlers": {StripeError: _on_refused, ProblemError: _on_problem},
    "request_max_body_size": body_limits.STRIPE_API,
}


@get(PREFIX + "/{path:path}", **_OPTIONS)
async def get_any(request: AnyRequest, path: FromPath[str]) -> Response[Any]:
    stripe = _stripe(request)
    # Blank values are kept, because an empty value unsets a field.
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return _answer(
        request, 200, retrieval.read(stripe, path.strip("/"), Parameters(tree_of(query)))
    )


@post(PREFIX + "/{path:path}", **_OPTIONS)
async def post_any(request: AnyRequest, path: FromPath[str]) -> Response[Any]:
    stripe = _stripe(request)
    params = Parameters(tree_of(await _form(request)))
    # Operations return unexpanded objects, so an expanded one is read again afterwards.
    expand = [str(one) for one in params.list("expand")]
    key = _idempotency_key(request)
    try:
        document = changes.post(stripe, path.strip("/"), params, key)
    except CardError:
        # A declined attempt has webhooks too, such as `payment_intent.payment_failed`.
        await _deliver(request)
        raise
    document = _expanded(stripe, document, expand)
    await _deliver(request)
    return _answer(request, 200, document)


@delete(PREFIX + "/{path:path}", **_OPTIONS)
async def delete_any(request: AnyRequest, path: FromPath[str]) -> Response[Any]:
    stripe = _stripe(request)
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    params = Parameters(tree_of([*query, *await _form(request)]))
    document = changes.delete(stripe, path.strip("/"), params)
    await _deliver(request)
    return _answer(request, 200, document)


def _idempotency_key(request: AnyRequest) -> str | None:
    key = request.headers.get("idempotency-key") or None
    if key is not None and len(key) > _MAX_IDEMPOTENCY_KEY:
        raise StripeError(
            "Invalid idempotency key: must be at most 255 characters.", code="invalid_request"
        )
    return key


async def _form(request: AnyRequest) -> list[tuple[str, str]]:
    try:
        return parse_qsl((await request.body()).decode("utf-8"), keep_blank_values=True)
    except ValueError:
        raise StripeError(
            "Invalid request: the body must be form-encoded.", code="invalid_request"
        ) from None


async def _deliver(request: AnyRequest) -> None:
    """Deliver webhooks before the response, unless the caller prefers not to wait."""
    if request.headers.get("prefer") != RESPOND_ASYNC:
        await _sandbox(request).deliver()


def _sandbox(request: AnyRequest) -> Sandbox:
    sandbox: Sandbox = request.app.state["sandbox"]
    return sandbox


def _stripe(request: AnyRequest) -> SimulatedStripe:
    return acting_account.acting_account(
        _sandbox(request).stripe,
        authorization=_authorization(request),
        account=request.headers.get("stripe-account"),
    )


def _authorization(request: AnyRequest) -> str:
    """Return the header; the control token in the place of a key means the platform's."""
    given = request.headers.get("authorization") or ""
    is_token = any(map(exposure_of(request).is_control_token, credentials_in(given)[:1]))
    return f"Bearer {_PLATFORM_KEY}" if is_token else given


def _expanded(stripe: SimulatedStripe, document: Document, expand: list[str]) -> Document:
    if not expand:
        return document
    return retrieval.expanded(stripe, str(document["object"]), str(document["id"]), expand)


ROUTES = (get_any, post_any, delete_any)
