"""Rules for the repository's files: location, content and length."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "shared/keystead",
    "daemon/keystead_daemon",
    "client/keystead_client",
    "server_stub/keystead_stub",
)

# The address of a private package registry or a local folder works on one machine only.
FOREIGN = re.compile(
    rb"pypi\.(?:org|python)|pythonhosted\.|registry\.npmjs|index-url\s*=|find-links\s*="
    rb"|(?<![\w.$}-])/(?:work|root|home/[a-z]\w*|Users/[a-z]\w*)/"
)


def tracked() -> Iterator[tuple[str, bytes]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (path := ROOT / name).is_file():
            yield name, path.read_bytes()


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def test_no_file_names_a_registry_or_a_machine() -> None:
    found = {name: hit.group() for name, text in tracked() if (hit := FOREIGN.search(text))}
    assert found == {}


def test_the_packaging_folder_is_not_a_python_package() -> None:
    # As a package it would shadow the library ``packaging``, which the build imports.
    assert not (ROOT / "packaging/__init__.py").exists()


def test_the_top_level_has_only_the_allowed_folders() -> None:
    folders = {name.partition("/")[0] for name, _ in tracked() if "/" in name}
    given = {"client", "daemon", "shared", "server_stub", "tests", "packaging"}
    assert {name for name in folders if not name.startswith(".")} <= given | {"docs"}


def test_packages_have_a_py_typed_marker() -> None:
    assert all((ROOT / package / "py.typed").exists() for package in PACKAGES)


def test_every_dependency_is_pinned() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = settings["project"]
    wanted = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
        *settings["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[\[<>=; ]", one)[0].lower() for one in wanted} - {"keystead"}
    pins = re.findall(r"^(\S+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert names <= set(pins)


def test_modules_are_short() -> None:
    lengths = {name: len(text.splitlines()) for name, text in sources()}
    assert {name: n for name, n in lengths.items() if n > 400} == {}


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False) or ""
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - len(docstring.splitlines())


def test_functions_are_short() -> None:
    long = {
        f"{name}:{node.name}": lines
        for name, text in sources()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (lines := code_lines(node)) > 60
    }
    assert long == {}
