"""The macOS and Windows packaging files, parsed by the rules of their formats."""

import plistlib
import re
import tomllib
from pathlib import Path

import pytest

from keystead_client.link_handler import SCHEME
from keystead_client.link_handler.windows import values_of

ROOT = Path(__file__).parents[2]
PACKAGING = ROOT / "packaging"
HIVE = "HKEY_CURRENT_USER\\"


def plist(name: str) -> dict[str, object]:
    found = plistlib.loads((PACKAGING / "macos" / name).read_bytes())
    assert isinstance(found, dict)
    return found


def test_the_macos_application_registers_the_url_scheme() -> None:
    links = plist("Info.plist")["CFBundleURLTypes"]
    assert isinstance(links, list)
    assert [one["CFBundleURLSchemes"] for one in links] == [[SCHEME]]


def test_the_macos_application_opens_the_window() -> None:
    executable = plist("Info.plist")["CFBundleExecutable"]
    spec = (PACKAGING / "keystead.spec").read_text("utf-8")
    assert f'"{executable}": "keystead_client.desktop.entry"' in spec
    assert 'plistlib.loads((HERE / "macos/Info.plist").read_bytes())' in spec


def test_the_launch_agent_restarts_after_a_crash_only() -> None:
    agent = plist("org.keystead.keysteadd.plist")
    assert agent["Label"] == "org.keystead.keysteadd"
    assert agent["ProgramArguments"] == [
        "/Applications/Keystead.app/Contents/MacOS/keysteadd",
        "--foreground",
    ]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["Umask"] == 0o077


def registry() -> dict[str, dict[str, str]]:
    """Return a registry file's values by key; the empty name is a key's default value."""
    first, *lines = (PACKAGING / "windows/keystead-links.reg").read_text("ascii").splitlines()
    assert first == "Windows Registry Editor Version 5.00"
    found: dict[str, dict[str, str]] = {}
    for line in lines:
        if line.startswith("["):
            key = found.setdefault(line[1:-1], {})
        elif line and not line.startswith(";"):
            match = re.fullmatch(r'(@|"(?:[^"\\]|\\.)*")="((?:[^"\\]|\\.)*)"', line)
            assert match is not None, line
            key[match[1].strip('@"')] = re.sub(r"\\(.)", r"\1", match[2])
    return found


def installer() -> dict[str, dict[str, str]]:
    """Return the registry values of the installer for a given program folder."""
    found: dict[str, dict[str, str]] = {}
    text = (PACKAGING / "windows/keystead.iss").read_text("utf-8")
    section = text.partition("[Registry]")[2].partition("\n[")[0]
    for line in section.splitlines():
        if not line.startswith("Root:"):
            continue
        fields = dict(re.findall(r'(\w+): ("(?:[^"]|"")*"|\w+)', line))
        assert fields["Root"] == "HKCU"
        said = {name: value.strip('"') for name, value in fields.items()}
        value = fields["ValueData"][1:-1].replace('""', '"').replace("{app}", r"C:\Keystead")
        found.setdefault(HIVE + said["Subkey"], {})[said.get("ValueName", "")] = value
    return found


@pytest.mark.parametrize("read", [registry, installer])
def test_each_windows_file_writes_the_same_registry_values(
    read: type[dict[str, dict[str, str]]],
) -> None:
    told = read()
    ours = values_of([r"C:\Keystead\keystead-desktop.exe"])
    command = HIVE + rf"Software\Classes\{SCHEME}\shell\open\command"
    assert told[command][""] == r'"C:\Keystead\keystead-desktop.exe" -- "%1"'
    for path, values in ours.items():
        if not path.endswith("command"):
            assert values.items() <= told[HIVE + path].items()


def test_the_installer_is_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (PACKAGING / "windows/keystead.iss").read_text("utf-8")
    assert f'#define Version "{project["version"]}"' in text
