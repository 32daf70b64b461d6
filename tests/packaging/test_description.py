"""The staged tree of a product's package, and the description that agrees with it."""

from __future__ import annotations

import gzip
import importlib
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from keystead.keys import KeySet
from keystead.profile import load_profile
from keystead_client.arguments import argument_parser
from support.staged_packages import (
    ACME,
    EXAMPLE,
    ROOT,
    StagedPackage,
    run_build,
    write_acme,
)

PACKAGING = ROOT / "packaging"


def described(package: StagedPackage) -> dict[str, str]:
    """Return the source of each packaged file by its destination."""
    line = re.compile(r'^  - \{src: "?([^",]+)"?, dst: "?([^",}]+)"?', re.MULTILINE)
    return {to: source for source, to in line.findall(package.description)}


def test_the_description_names_every_file_of_the_tree(acme: StagedPackage) -> None:
    found = described(acme)
    programs = {path for path in acme.paths() if path.startswith("/opt/")}
    assert set(found) == acme.paths() - programs | {"/opt/acme_notes-keystead"}
    sources = {source for source in found.values() if not source.startswith("/opt/")}
    assert [one for one in sources if not Path(one).exists()] == []


def test_two_products_share_no_path_and_no_name(nyra: StagedPackage, acme: StagedPackage) -> None:
    assert not nyra.paths() & acme.paths()
    assert nyra.field("name") != acme.field("name")
    for package, other in ((nyra, acme), (acme, nyra)):
        assert all(package.product_id in path.replace("+", "_") for path in package.paths())
        assert other.product_id not in package.description.replace(str(other.root), "")


def test_no_file_of_a_product_names_the_vendor_s_other_or_ours(acme: StagedPackage) -> None:
    """Text files name the product; a name of ours alone would be one that two products share."""
    shared = re.compile(
        r"(?<![\w.-])(keysteadd?\.(service|socket|desktop)|x-scheme-handler/keystead[;<]"
        r"|/opt/keystead/|org\.keystead\.Keystead)"
    )
    for path in acme.paths():
        if path.startswith("/usr/bin/") or path.endswith((".png", ".gz")) or "/doc/" in path:
            continue
        assert not shared.search(acme.read(path)), path
        assert not re.search(r"@[A-Z_]+@", acme.read(path)), path


def test_the_commands_are_linked_in_usr_bin(acme: StagedPackage) -> None:
    for program in ("keystead", "keysteadd", "keystead-desktop"):
        link = acme.root / "usr/bin" / f"acme_notes-{program}"
        assert str(link.readlink()) == f"/opt/acme_notes-keystead/{program}"
        assert os.access(acme.root / "opt/acme_notes-keystead" / program, os.X_OK)


def test_the_package_says_what_the_vendor_s_table_says(acme: StagedPackage) -> None:
    assert acme.field("name") == "acme+notes"
    assert acme.field("version") == "2.4.1"
    assert acme.field("maintainer") == "Acme Ltd <packages@acme.example>"
    assert acme.field("vendor") == "Acme Ltd"
    assert acme.field("homepage") == "https://acme.example/notes"
    assert acme.field("license") == "MIT AND LicenseRef-Acme"
    drawing = acme.read("/usr/share/icons/hicolor/scalable/apps/acme_notes-keystead.svg")
    assert "<circle" in drawing


def test_the_profile_stands_beside_the_programs_and_can_be_read(
    acme: StagedPackage, nyra: StagedPackage
) -> None:
    for package in (acme, nyra):
        folder = package.root / f"opt/{package.product_id}-keystead"
        profile = load_profile(folder / "keystead.toml")
        assert profile.product_id == package.product_id
    assert KeySet.from_jwks(nyra.read("/opt/nyra-keystead/keys.json"))


def test_every_program_has_a_man_page_of_all_its_commands(acme: StagedPackage) -> None:
    folder = acme.root / "usr/share/man/man1"
    pages = {path.name: gzip.decompress(path.read_bytes()).decode() for path in folder.iterdir()}
    assert set(pages) == {
        f"acme_notes-{program}.1.gz" for program in ("keystead", "keysteadd", "keystead-desktop")
    }
    page = pages["acme_notes-keystead.1.gz"].replace("\\-", "-")
    usage = argument_parser("x").format_help()
    commands = re.findall(r"^    (\w+) ", usage.partition("commands:")[2], re.MULTILINE)
    assert len(commands) > 10
    for name in commands:
        assert re.search(rf'^\.SS "{name}', page, re.MULTILINE), name
    assert ".SH EXIT STATUS" in page
    assert "~/.local/state/acme_notes" in page


def test_the_changelog_and_the_copyright_are_debian_s(acme: StagedPackage) -> None:
    changelog = gzip.decompress(
        (acme.root / "usr/share/doc/acme+notes/changelog.Debian.gz").read_bytes()
    ).decode()
    assert changelog.startswith("acme+notes (2.4.1-1) unstable; urgency=medium\n\n  * ")
    assert re.search(r"^ -- Acme Ltd <packages@acme.example>  \w{3}, ", changelog, re.MULTILINE)
    text = acme.read("/usr/share/doc/acme+notes/copyright")
    assert "\nLicense: MIT\n MIT License\n" in text
    licenses = acme.root / "usr/share/doc/acme+notes/licenses"
    assert {"pynacl", "msgspec", "httpx"} <= {one.name for one in licenses.iterdir()}


def test_the_same_sources_give_the_same_tree(
    tmp_path: Path, acme: StagedPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    profile = write_acme(tmp_path / "profile")
    trees = []
    for name in ("one", "two"):
        done = run_build("--profile", profile, "--build", tmp_path / name, "--stage-only")
        assert done.returncode == 0, done.stderr
        root = tmp_path / name / "package-root"
        files = sorted(one for one in root.rglob("*") if one.is_file())
        trees.append([(str(one.relative_to(root)), one.read_bytes()) for one in files])
    assert trees[0] == trees[1]


def test_every_program_in_the_spec_exists() -> None:
    spec = (PACKAGING / "keystead.spec").read_text("utf-8")
    modules = re.findall(r'"(keystead_[\w.]+entry)"', spec)
    assert len(modules) == 3
    for name in modules:
        assert callable(importlib.import_module(name).main)


def test_packaged_dependencies_have_the_tested_versions() -> None:
    """A dependency that is pinned for both has the same version in both."""

    def pins(path: Path) -> dict[str, str]:
        entries = re.split(r"^(?=\S)", path.read_text("utf-8"), flags=re.MULTILINE)
        return {one.partition("==")[0]: one.strip() for one in entries if "==" in one}

    packed, tested = pins(PACKAGING / "requirements.txt"), pins(ROOT / "constraints.txt")
    version = re.compile(r"==([^ ;\\]+)")
    shared = packed.keys() & tested.keys()
    assert {"pyside6-essentials", "pynacl", "httpx", "keyring"} <= shared
    for name in shared:
        assert version.findall(packed[name]) == version.findall(tested[name])


def test_the_example_profile_names_no_real_backend() -> None:
    profile = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert profile["backend"]["url"].endswith(".example")


@pytest.mark.parametrize("name", ["postinstall", "preremove", "postremove"])
def test_the_maintainer_scripts_are_posix_shell(acme: StagedPackage, name: str) -> None:
    text = acme.script(name)
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    assert "acme_notes" in text


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "acme_notes"', 'id = "Acme"', "product.id"),
        ('version = "2.4.1"', 'publisher = "2.4.1"', "publisher"),
        ('icon = "notes.svg"', 'icon = "gone.svg"', "gone.svg"),
        ('version = "2.4.1"', 'version = "2.4-1"', "package.version"),
    ],
)
def test_an_invalid_profile_is_not_packaged(tmp_path: Path, old: str, new: str, why: str) -> None:
    profile = write_acme(tmp_path)
    profile.write_text(ACME.replace(old, new), "utf-8")
    built = run_build("--profile", profile, "--build", tmp_path / "build", "--stage-only")
    assert built.returncode == 1
    assert built.stderr.startswith("build.py: ")
    assert why in built.stderr
    assert not (tmp_path / "build/package-root").exists()
