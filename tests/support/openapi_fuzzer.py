"""Fuzz the routes of an OpenAPI document with schemathesis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.nightly import examples

SCHEMA = "/schema/openapi.json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def fuzz(cases: Any, call: Callable[[Any], None], *, usual: int = 5, nightly: int = 30) -> None:
    """Generate cases and call with each; ``usual`` and ``nightly`` are their numbers."""

    @settings(
        max_examples=examples(usual, nightly),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def fuzzed(case: Any) -> None:
        call(case)

    fuzzed()
