"""The macOS and Windows packaging files, parsed by the rules of their formats."""

import plistlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from keystead_client.link_handler.windows import values_of
from support.staged_packages import ROOT, StagedPackage

HIVE = "HKEY_CURRENT_USER\\"
SCHEME = "keystead-acme+notes"


def work(package: StagedPackage) -> Path:
    """Return the folder of what the builds of other systems go on with."""
    return package.root.parent / "package"


def plist(package: StagedPackage, name: str) -> dict[str, object]:
    found = plistlib.loads((work(package) / "macos" / name).read_bytes())
    assert isinstance(found, dict)
    return found


def test_the_macos_application_registers_the_url_scheme(acme: StagedPackage) -> None:
    links = plist(acme, "Info.plist")["CFBundleURLTypes"]
    assert isinstance(links, list)
    assert [one["CFBundleURLSchemes"] for one in links] == [[SCHEME]]
    assert [one["CFBundleURLName"] for one in links] == ["com.acme.notes"]
    assert plist(acme, "Info.plist")["CFBundleDisplayName"] == "Acme & Sons' “Notes” 100%"


def test_the_macos_application_opens_the_window(acme: StagedPackage) -> None:
    executable = plist(acme, "Info.plist")["CFBundleExecutable"]
    spec = (ROOT / "packaging/keystead.spec").read_text("utf-8")
    assert f'"{executable}": "keystead_client.desktop.entry"' in spec
    assert 'plistlib.loads((STAGE / "macos/Info.plist").read_bytes())' in spec


def test_the_launch_agent_restarts_after_a_crash_only(acme: StagedPackage) -> None:
    agent = plist(acme, "keysteadd.plist")
    assert agent["Label"] == "org.keystead.acme_notes.keysteadd"
    assert agent["ProgramArguments"] == [
        "/Applications/acme_notes-keystead.app/Contents/MacOS/keysteadd",
        "--foreground",
    ]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["Umask"] == 0o077


def registry(package: StagedPackage) -> dict[str, dict[str, str]]:
    """Return a registry file's values by key; the empty name is a key's default value."""
    first, *lines = (work(package) / "windows/keystead-links.reg").read_text("ascii").splitlines()
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


def installer(package: StagedPackage) -> dict[str, dict[str, str]]:
    """Return the registry values of the installer for a given program folder."""
    found: dict[str, dict[str, str]] = {}
    text = (work(package) / "windows/keystead.iss").read_text("utf-8")
    section = text.partition("[Registry]")[2].partition("\n[")[0]
    for line in section.splitlines():
        if not line.startswith("Root:"):
            continue
        fields = dict(re.findall(r'(\w+): ("(?:[^"]|"")*"|\w+)', line))
        assert fields["Root"] == "HKCU"
        said = {name: value.strip('"') for name, value in fields.items()}
        value = (
            fields["ValueData"][1:-1].replace('""', '"').replace("{app}", r"C:\acme_notes-keystead")
        )
        found.setdefault(HIVE + said["Subkey"], {})[said.get("ValueName", "")] = value
    return found


@pytest.mark.parametrize("read", [registry, installer])
def test_each_windows_file_writes_the_same_registry_values(
    acme: StagedPackage, read: Callable[[StagedPackage], dict[str, dict[str, str]]]
) -> None:
    told = read(acme)
    ours = values_of([r"C:\acme_notes-keystead\keystead-desktop.exe"], "acme_notes")
    command = HIVE + rf"Software\Classes\{SCHEME}\shell\open\command"
    assert told[command][""] == r'"C:\acme_notes-keystead\keystead-desktop.exe" -- "%1"'
    for path, values in ours.items():
        if not path.endswith("command"):
            assert values.items() <= told[HIVE + path].items()


def setting(package: StagedPackage, name: str) -> str:
    """Return a setting of the installer."""
    text = (work(package) / "windows/keystead.iss").read_text("utf-8")
    (value,) = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
    return str(value)


def test_the_installer_is_the_product_s(acme: StagedPackage) -> None:
    assert setting(acme, "AppVersion") == "2.4.1"
    assert setting(acme, "AppName") == "Acme & Sons' “Notes” 100%"
    assert setting(acme, "AppPublisher") == "Acme Ltd"
    assert setting(acme, "DefaultDirName") == r"{userpf}\acme_notes-keystead"
    assert setting(acme, "OutputBaseFilename") == "acme_notes-keystead-2.4.1-setup"


def test_windows_knows_two_products_apart(acme: StagedPackage, nyra: StagedPackage) -> None:
    ids = [setting(package, "AppId") for package in (acme, nyra)]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"\{\{[0-9A-F-]{36}\}", one) for one in ids)


def test_removing_a_product_ends_its_own_daemon_only(acme: StagedPackage) -> None:
    text = (work(acme) / "windows/keystead.iss").read_text("utf-8")
    assert "taskkill" not in text
    assert r"$_.Path -eq '{app}\keysteadd.exe'" in text
