"""The documentation as a site: it builds without a warning, and its snippets are whole."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "packaging/site/pages").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a language, each with its page's name."""
    return [
        (page.name, body)
        for page in PAGES
        for known, body in BLOCK.findall(page.read_text("utf-8"))
        if known == language
    ]


class _Addresses(HTMLParser):
    """Collects what a page asks its browser to load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"script": "src", "link": "href", "img": "src"}
        value = dict(attrs).get(names.get(tag, ""))
        if value is not None:
            self.loaded.append(value)


@pytest.mark.nightly
def test_the_site_builds_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    mkdocs = Path(sys.executable).with_name("mkdocs")
    source = ROOT / "packaging/site/mkdocs.yml"
    # Strict: a dead link or anchor is an error.
    ran = subprocess.run(
        [mkdocs, "build", "--config-file", source, "--site-dir", tmp_path],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    made = {path.parent.name for path in tmp_path.glob("*/index.html")}
    assert {"commands", "errors", "reference", "specification"} < made
    for page in tmp_path.rglob("*.html"):
        found = _Addresses()
        found.feed(page.read_text("utf-8"))
        assert [one for one in found.loaded if "//" in one] == [], page


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_toml_on_the_pages_is_read(page: str, text: str) -> None:
    assert tomllib.loads(text), page


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_on_the_pages_compiles(page: str, text: str) -> None:
    ast.parse(text, page)
