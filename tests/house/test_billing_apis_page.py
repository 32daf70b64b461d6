"""Check `server_stub/BILLING_APIS.md`: it lists every route, and every test named there exists.

Its sections of facts have a row for each fact of a document: `fact | where | test`. The last cell
begins with `in another form` where a fact is held otherwise than it is described.
"""

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
_FACTS = re.compile(
    r"^## The document's facts: `([\w-]+)`\n(.*?)(?=^## )", re.MULTILINE | re.DOTALL
)
_COUNTS = re.compile(r"^(\d+) facts: (\d+) held, (\d+) in another form\.$", re.MULTILINE)
_HEADER = "| fact | where | test or what stands in its place |"
_OTHERWISE = "in another form: "
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


def facts() -> dict[str, tuple[tuple[int, ...], list[list[str]]]]:
    """Return the counts and the rows of each section of facts, by the document's billing API."""
    found = {}
    for name, part in _FACTS.findall(PAGE):
        counts = _COUNTS.search(part)
        assert counts is not None, name
        lines = [line for line in part.splitlines() if line.startswith("| ")]
        assert lines[:2] == [_HEADER, "| --- | --- | --- |"], name
        rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[2:]]
        found[name] = (tuple(map(int, counts.groups())), rows)
    return found


def test_each_fact_has_a_place_and_a_test_or_a_reason() -> None:
    assert set(REGISTRY) <= set(facts())
    for name, (_, rows) in facts().items():
        for row in rows:
            assert len(row) == 3, (name, row)
            assert all(row), (name, row)
            held = not row[2].startswith(_OTHERWISE)
            assert not held or _NAMED.search(row[2]), (name, row)
        # The same fact twice would be counted twice.
        assert len({row[0] for row in rows}) == len(rows), name


def test_the_counts_of_facts_are_those_of_the_rows() -> None:
    for name, (counts, rows) in facts().items():
        otherwise = sum(row[2].startswith(_OTHERWISE) for row in rows)
        assert counts == (len(rows), len(rows) - otherwise, otherwise), name


def test_every_row_names_its_test() -> None:
    page = _FACTS.sub("", PAGE)
    rows = [line for line in page.splitlines() if line.startswith("| ")]
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
