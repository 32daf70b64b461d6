"""The form by which a browser gets in where the console asks for the control token."""

from __future__ import annotations

import re

from litestar import Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from keystead_stub.http.exposure import COOKIE
from keystead_stub.http.local_callers import refuse_other_sites, simulated_only
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import (
    CONTROL_SIGN_IN,
    AnyRequest,
    control_sign_in,
    page_routes,
)
from keystead_stub.http.requests import exposure_of

#: The pages that the form leads back to.
_BACK = re.compile(r"/_stub[!-~]{0,4000}")

routes = page_routes(simulated_only)


@routes.get(CONTROL_SIGN_IN)
async def get_control_sign_in() -> Response[str]:
    return control_sign_in("/_stub/")


@routes.post(CONTROL_SIGN_IN)
async def post_control_sign_in(request: AnyRequest) -> Response[str] | Redirect:
    """Keep a proof of the token in a cookie until the browser is closed."""
    refuse_other_sites(request)
    found = await forms.plain_fields(request)
    back = found.get("back", "")
    back = back if _BACK.fullmatch(back) else "/_stub/"
    exposure = exposure_of(request)
    if not exposure.is_control_token(found.get("control_token", "").strip()):
        return control_sign_in(back, wrong=True)
    answer = forms.redirect(back)
    answer.set_cookie(
        Cookie(
            key=COOKIE,
            value=exposure.cookie_value,
            path=exposure.prefix or "/",
            secure=exposure.has_tls,
            httponly=True,
            samesite="strict",
        )
    )
    return answer
