"""The console's page for operators: the form for production values, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from litestar import Response
from litestar.response import Redirect

from keystead.errors import InvalidInput, StorageFailed
from keystead_stub.billing_apis.common.dependencies import Injected
from keystead_stub.console.downloads import file_answer
from keystead_stub.controls.operator import operator_routes
from keystead_stub.http.local_callers import simulated_only, this_machine
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, page, page_routes
from keystead_stub.ops import config_file, deployment_manifest, production_values
from keystead_stub.ops.deployment_manifest import Manifest
from keystead_stub.ops.production_values import Outcome
from keystead_stub.services import Services
from keystead_stub.store import switches
from keystead_stub.store.engine import kind_of

HERE = "/_stub/operating"
_PURPOSE = "operating"
_OURS = ("token", "action")

manifest_routes = operator_routes()

routes = page_routes(this_machine, simulated_only)


@routes.get(HERE)
async def get_operating(request: AnyRequest, services: Injected) -> Response[str]:
    return _page(request, services, {}, {})


@routes.post(HERE)
async def post_operating(request: AnyRequest, services: Injected) -> Response[str] | Redirect:
    found = await forms.fields(request, services.form_tokens, _PURPOSE)
    answers = {name: value for name, value in found.items() if name not in _OURS}
    try:
        outcome = config_file.sync(answers, _path(request))
    except (InvalidInput, StorageFailed) as error:
        # The input may contain the secret, so the page doesn't repeat it.
        refused = " ".join(filter(None, (error.sentence, error.remedy)))
        return _page(request, services, {}, {}, refused=refused, status=400)
    if outcome.needs_fix:
        errors = {one.name: one.sentence for one in outcome.needs_fix}
        return _page(request, services, answers, errors, status=400)
    return forms.redirect(f"{HERE}#sync")


@manifest_routes.get(f"{HERE}.json")
async def get_manifest(request: AnyRequest, services: Injected) -> Response[bytes]:
    """Download the manifest; with a real Stripe this needs the operator's token."""
    values, unusable = _kept(_path(request))
    outcome = production_values.decide({}, values)
    shown = deployment_manifest.shown(_manifest(services, outcome, unusable))
    body = _formatted(shown).encode() + b"\n"
    return file_answer(body, "keystead-operating.json", "application/json")


def _formatted(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _page(
    request: AnyRequest,
    services: Services,
    typed: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    refused: str | None = None,
    status: int = 200,
) -> Response[str]:
    path = _path(request)
    values, unusable = _kept(path)
    outcome = production_values.decide({}, values)
    manifest = _manifest(services, outcome, unusable)
    needs_fix = [one for one in production_values.FIELDS if one.name in errors]
    view: dict[str, Any] = {
        "manifest": manifest,
        "deployment": _formatted(manifest.deployment),
        "value_fields": production_values.VALUES,
        "confirmation_fields": production_values.CONFIRMATION_FIELDS,
        "fields": {one.name: one for one in production_values.FIELDS},
        "values": {**values, **typed},
        "outcome": outcome,
        "waiting": [name for name in outcome.waiting if name not in errors],
        "needs_fix": needs_fix,
        "errors": errors,
        "refused": refused,
        "file": str(path),
        "json": f"{HERE}.json",
        "here": HERE,
        "token": services.form_tokens.token(_PURPOSE),
    }
    return page("operating", status=status, live=True, **view)


def _kept(path: Path) -> tuple[dict[str, str], str | None]:
    """Return the values of the config file, and why it can't be used, if it can't."""
    try:
        return config_file.read(path).values, None
    except (InvalidInput, StorageFailed) as error:
        # The page lists it among the blockers, which are phrases without a full stop.
        return {}, error.sentence.partition(". ")[0].rstrip(".")


def _manifest(services: Services, outcome: Outcome, unusable: str | None) -> Manifest:
    with services.store.read() as connection:
        selling = switches.is_on(connection, switches.CHECKOUT)
    return deployment_manifest.manifest(
        services.settings,
        outcome,
        selling=selling,
        storage=kind_of(services.store.engine.url.render_as_string(hide_password=False)),
        more=(unusable,) if unusable else (),
    )


def _path(request: AnyRequest) -> Path:
    path: Path = request.app.state["config"]
    return path
