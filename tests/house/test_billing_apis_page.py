"""Check `server_stub/BILLING_APIS.md`: it lists every route, and every test named there exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import keystead_stub
from keystead_stub.billing_apis import REGISTRY

ROOT = Path(keystead_stub.__file__).parents[2]
PAGE = (ROOT / "server_stub" / "BILLING_APIS.md").read_text("utf-8")
_NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
_ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)[^`]*`")


def sections() -> dict[str, str]:
    """Return the page's sections by the first word of their heading."""
    parts = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    return {re.split(r"[:\n]", part, maxsplit=1)[0].strip("` "): part for part in parts}


def route_notation(part: str) -> set[tuple[str, str]]:
    return {(found[1], found[2]) for found in _ROUTE.finditer(part)}


def served(name: str) -> set[tuple[str, str]]:
    """Return each route of a billing API in the page's notation: parameters without their type."""
    handlers = [one for routes in REGISTRY[name].all_routes() for one in routes.handlers]
    return {
        (method, re.sub(r":\w+}", "}", path))
        for handler in handlers
        for method in handler.http_methods - {"OPTIONS", "HEAD"}
        for path in handler.paths
    }


@pytest.mark.parametrize("name", REGISTRY)
def test_the_page_names_every_route_and_no_other(name: str) -> None:
    parts = sections()
    common = route_notation(parts["All of them"])
    assert served(name) - common == route_notation(parts[name])
    assert common - served(name) <= {("POST", "/api/license/activate")}


def test_every_row_names_its_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    bare = [row for row in rows if not _NAMED.search(row)]
    assert [row for row in bare if not row.endswith(("| tests |", "| as follows |"))] == [
        row for row in bare if set(row) <= set("| -")
    ]


def test_every_named_test_exists() -> None:
    named = set(_NAMED.findall(PAGE))
    there = {
        (path.name, node.name)
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(named) > 50
    assert named - there == set()
