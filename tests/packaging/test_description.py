"""The package description agrees with the files that it names."""

import importlib
import re
import string
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
DESCRIPTION = (PACKAGING / "nfpm.yaml").read_text("utf-8")
#: The folder of build products, which are not in the repository.
BUILT = "/built"


def package_description() -> str:
    values = {
        "version": "1",
        "architecture": "amd64",
        "product_name": "NyrA",
        "glibc": "2.36",
        "folder": BUILT,
        "here": str(PACKAGING),
        "root": str(ROOT),
    }
    return string.Template(DESCRIPTION).substitute(values)


def contents() -> dict[str, str]:
    """Return the source of each packaged file by its destination."""
    text = package_description()
    lines = re.findall(r"src: ([^\s,}]+),? *(?:\n +)?dst: ([^\s,}]+)", text)
    assert len(lines) == text.count("src: ")
    return {to: source for source, to in lines}


def test_every_packaged_file_exists() -> None:
    sources = [one for one in contents().values() if not one.startswith((BUILT, "/opt"))]
    sources += re.findall(r"^  \w+: (/\S+\.sh)$", package_description(), re.MULTILINE)
    assert [one for one in sources if not Path(one).is_file()] == []


def test_the_commands_are_linked_in_usr_bin() -> None:
    given = contents()
    for name in ("keystead", "keysteadd", "keystead-desktop"):
        assert given[f"/usr/bin/{name}"] == f"/opt/keystead/{name}"


def test_the_systemd_unit_starts_the_packaged_daemon() -> None:
    unit = (PACKAGING / "linux/keysteadd.service").read_text("utf-8")
    assert "ExecStart=/opt/keystead/keysteadd --foreground\n" in unit
    assert "/usr/lib/systemd/user/keysteadd.service" in contents()


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
    profile = tomllib.loads((PACKAGING / "example/keystead.toml").read_text("utf-8"))
    assert profile["backend"]["url"].endswith(".example")


@pytest.mark.parametrize("script", sorted((PACKAGING / "linux").glob("*.sh")), ids=str)
def test_the_maintainer_scripts_are_posix_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)


def test_an_invalid_profile_is_not_packaged(tmp_path: Path) -> None:
    profile = tmp_path / "keystead.toml"
    profile.write_text('[product]\nid = "Nyra"\n')
    built = subprocess.run(
        [sys.executable, PACKAGING / "build.py", "--profile", profile, "--out", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 1
    assert built.stderr.startswith("build.py: The profile cannot be used")
