"""The CycloneDX bill of materials and the license list that are built with the packages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
import uuid
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SBOM = ROOT / "packaging" / "sbom.py"
NAME = re.compile(r"[A-Za-z0-9._-]+")


def build(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Return the bill of materials and the license list."""
    done = subprocess.run(
        [sys.executable, SBOM, folder, *arguments], capture_output=True, text=True, check=True
    )
    bill, licenses = map(Path, done.stdout.split())
    return json.loads(bill.read_text("utf-8")), licenses.read_text("utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    return build(tmp_path_factory.mktemp("sbom"))


def named(text: str) -> str:
    found = NAME.match(text)
    assert found is not None
    return found.group().lower().replace("_", "-")


def test_all_declared_dependencies_are_listed(made: tuple[dict[str, Any], str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {named(line) for line in project["dependencies"]}
    for lines in project["optional-dependencies"].values():
        declared |= {named(line) for line in lines}
    listed = {one["name"]: one["version"] for one in made[0]["components"]}
    assert declared - {"keystead"} <= listed.keys()
    assert {"cffi", "h11", "shiboken6"} <= listed.keys(), "what they need in turn"
    assert not {"pytest", "mypy", "pyinstaller"} & listed.keys()
    assert all(version(name) == found for name, found in listed.items())


def test_the_bill_has_the_form_of_cyclonedx(made: tuple[dict[str, Any], str]) -> None:
    bill, _ = made
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert uuid.UUID(bill["serialNumber"]).version == 5
    project = bill["metadata"]["component"]
    assert (project["name"], project["type"]) == ("keystead", "application")
    components = [project, *bill["components"]]
    references = [one["bom-ref"] for one in components]
    assert len(set(references)) == len(references)
    for one in components:
        assert one["purl"] == one["bom-ref"] == f"pkg:pypi/{one['name']}@{one['version']}"
        assert one["licenses"][0]["expression"]
    assert sorted(one["ref"] for one in bill["dependencies"]) == sorted(references)
    for one in bill["dependencies"]:
        assert set(one["dependsOn"]) < set(references)
    reached, queue = set(), [project["bom-ref"]]
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    while queue:
        reference = queue.pop()
        if reference not in reached:
            reached.add(reference)
            queue += needs[reference]
    assert reached == set(references)


def test_every_component_has_a_line_with_its_license(made: tuple[dict[str, Any], str]) -> None:
    bill, licenses = made
    components = [bill["metadata"]["component"], *bill["components"]]
    assert licenses.splitlines() == sorted(
        f"{one['name']} {one['version']}: {one['licenses'][0]['expression']}" for one in components
    )


def test_a_package_lists_what_it_holds_and_the_same_twice(
    made: tuple[dict[str, Any], str], tmp_path: Path
) -> None:
    one, licenses = build(tmp_path / "one", "--extra", "client")
    assert (one, licenses) == build(tmp_path / "two", "--extra", "client")
    names = {each["name"] for each in one["components"]}
    assert "pyside6-essentials" in names
    assert not {"litestar", "stripe", "psycopg"} & names
    assert one["serialNumber"] != made[0]["serialNumber"]


def test_a_component_without_a_known_license_stops_the_build(tmp_path: Path) -> None:
    info = tmp_path / "keystead-1.0.dist-info"
    info.mkdir()
    told = "Metadata-Version: 2.1\nName: keystead\nVersion: 1.0\nLicense: UNKNOWN\n"
    (info / "METADATA").write_text(told)
    command: list[str | Path] = [sys.executable, SBOM, tmp_path / "out", "--packages", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "license of keystead is not known" in done.stderr
    (info / "METADATA").write_text(told.replace("UNKNOWN", "MIT") + "Requires-Dist: gone\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "gone is not installed" in done.stderr) == (1, True)
