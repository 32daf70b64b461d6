"""The sign-in page of the stub's authorization server, and its token endpoints.

There are no passwords: people say who they are. So it is for this machine only, and only while
Stripe is simulated.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response

from keystead.wire.sign_in import ACCOUNT_CLAIMS, AUTHORIZE, REVOKE, TOKEN, Tokens
from keystead_stub.auth import authorization_server
from keystead_stub.auth.authorization_server import OAuthRefused, Request
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.billing_apis.dashclicks import merchants
from keystead_stub.billing_apis.dashclicks.merchants import connections
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.local_callers import hosted_page, simulated_only, this_machine
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, message, page, page_routes
from keystead_stub.services import Services
from keystead_stub.store import accounts
from keystead_stub.store import merchants as selling

#: The sign-in form's label of the account, by the API's claim.
_KINDS = {"organizationId": "Organisation", "tenantId": "Tenant", "accountId": "Account"}
_LONGEST_NAME = 100
_CONNECTED_SHOWN = 5
#: The button that signs in to an account without connecting it to Stripe.
_UNCONNECTED = "allow_unconnected"

#: RFC 6749 §5.1 requires both for answers with tokens.
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def _on_oauth(_request: AnyRequest, refused: OAuthRefused) -> Response[str]:
    return message("You cannot sign in from there", refused.sentence, status=400)


#: The form for people, and what programs send their codes and tokens to.
routes = page_routes(this_machine, simulated_only, exception_handlers={OAuthRefused: _on_oauth})
# A code or refresh token is the credential here, and the app that sends it has no other.
token_routes = ApiRoutes(guards=[hosted_page, simulated_only], include_in_schema=False)


@routes.get(AUTHORIZE)
async def get_sign_in(request: AnyRequest, services: Injected) -> Response[str]:
    return _form(services, _authorization(request), {}, {})


@routes.post(AUTHORIZE)
async def post_sign_in(request: AnyRequest, services: Injected) -> Response[Any]:
    authorization = _authorization(request)
    form = await forms.fields(request, services.form_tokens, _purpose(authorization))
    if form.get("action") == "deny":
        return forms.redirect(authorization_server.deny(authorization))
    errors = {
        name: sentence
        for name, sentence in (
            ("subject", "Write your name or email address."),
            ("account", "Choose one, or write the name of a new one."),
        )
        if not _name(form.get(name))
    }
    if errors:
        return _form(services, authorization, form, errors)
    account_id, subject = _name(form["account"]), _name(form["subject"])
    redirect = authorization_server.approve(services, authorization, account_id, subject)
    if authorization.api == merchants.API and form.get("action") != _UNCONNECTED:
        # Connected by default, so that a new account can sell at once.
        connections.connect_simulated(services, account_id)
    return forms.redirect(redirect)


@token_routes.post(TOKEN)
async def post_token(request: AnyRequest, services: Injected) -> Response[Any]:
    """Exchange a code or a refresh token for tokens; errors as in RFC 6749 §5.2."""
    try:
        tokens: Tokens = authorization_server.redeem(services, await forms.plain_fields(request))
    except OAuthRefused as refused:
        return _refused(refused)
    return Response(msgspec.to_builtins(tokens), headers=_NO_STORE)


@token_routes.post(REVOKE)
async def post_revoke(request: AnyRequest, services: Injected) -> Response[Any]:
    """Revoke a refresh token (RFC 7009); 200 for one that is not valid, too."""
    try:
        authorization_server.revoke(services, await forms.plain_fields(request))
    except OAuthRefused as refused:
        return _refused(refused)
    return Response(None, headers=_NO_STORE)


def _refused(refused: OAuthRefused) -> Response[Any]:
    error = {"error": refused.code, "error_description": refused.sentence}
    return Response(error, status_code=400, headers=_NO_STORE)


def _authorization(request: AnyRequest) -> Request:
    return authorization_server.read_request(dict(request.query_params.items()))


def _form(
    services: Services, authorization: Request, form: dict[str, str], errors: dict[str, str]
) -> Response[str]:
    with services.store.read() as connection:
        known = [row.account_id for row in accounts.list_by_api(connection, authorization.api)]
    return page(
        "sign_in",
        status=400 if errors else 200,
        goes_to=authorization.redirect_uri,
        kind=_KINDS[ACCOUNT_CLAIMS[authorization.api]],
        known=known,
        subject=form.get("subject", "Ada Lovelace"),
        account=form.get("account") or next(iter(known), "acme"),
        errors=errors,
        sells=authorization.api == merchants.API,
        connected=_connected(services, authorization.api),
        token=services.form_tokens.token(_purpose(authorization)),
    )


def _connected(services: Services, api: str) -> list[str]:
    """Return some of the accounts that are connected to a Stripe account."""
    if api != merchants.API:
        return []
    with services.store.read() as connection:
        return selling.list_latest(connection, limit=_CONNECTED_SHOWN)


def _purpose(request: Request) -> str:
    # The token binds the form to its request, so that it can't approve another one.
    return f"sign-in:{request.api}:{request.redirect_uri}:{request.challenge}:{request.state}"


def _name(value: str | None) -> str:
    name = (value or "").strip()
    return name if len(name) <= _LONGEST_NAME and name.isprintable() else ""
