"""The routes of the controls: on this machine only, and only while Stripe is simulated."""

from __future__ import annotations

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from keystead_stub.controls.sandbox import Rehearsal
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.http.local_callers import local_only, simulated_only
from keystead_stub.http.requests import AnyRequest

#: The sandbox, which the routers of the controls provide as ``sandbox``.
CurrentSandbox = NamedDependency[SkipValidation[Rehearsal]]


def rehearsal_of(request: AnyRequest) -> Rehearsal:
    """Return the sandbox. `simulated_only` has made sure that there is one."""
    rehearsal: Rehearsal = request.app.state["rehearsal"]
    return rehearsal


def control_routes() -> ApiRoutes:
    """Return routes of controls. Their handlers take the parameter ``sandbox``.

    Bodies are JSON whatever their content type says, so that `curl -d` works as it is.
    """
    return ApiRoutes(
        guards=[local_only, simulated_only],
        dependencies={"sandbox": rehearsal_of},
        any_media_type=True,
        include_in_schema=False,
    )
