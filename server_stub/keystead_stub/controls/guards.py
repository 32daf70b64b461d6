"""The routes of the controls: on this machine only, and only while Stripe is simulated."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from keystead_stub.controls.billing_sandbox import BillingSandbox
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.http.requests import AnyRequest

#: The sandbox, which the routers of the controls provide as ``sandbox``.
CurrentSandbox = NamedDependency[SkipValidation[BillingSandbox]]


def sandbox_of(request: AnyRequest) -> BillingSandbox:
    """Return the sandbox. `simulated_only` has made sure that there is one."""
    sandbox: BillingSandbox = request.app.state["sandbox"]
    return sandbox


def control_routes() -> ApiRoutes:
    """Return routes of controls. Their handlers take the parameter ``sandbox``.

    Bodies are JSON whatever their content type says, so that `curl -d` works as it is.
    """
    return ApiRoutes(
        guards=[local_only, simulated_only],
        dependencies={"sandbox": sandbox_of},
        any_media_type=True,
        include_in_schema=False,
    )
