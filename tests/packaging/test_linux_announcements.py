"""The desktop entry and the metainfo, which register the program and its links on Linux."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from keystead.product_names import desktop_id
from keystead_client.desktop_entry import values_of
from support.staged_packages import StagedPackage

ENTRY = "usr/share/applications/{}-keystead.desktop"
METAINFO = "usr/share/metainfo/org.keystead.{}.metainfo.xml"
#: English is the default and has no language suffix.
LANGUAGES = {"ar", "de", "es", "fr", "ja", "zh_CN"}
SCHEME_TYPE = "x-scheme-handler/keystead-nyra"


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    return subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=60
    )


def entry_file(package: StagedPackage) -> Path:
    return package.root / ENTRY.format(package.product_id)


def entry(package: StagedPackage) -> dict[str, str]:
    return values_of(entry_file(package).read_text("utf-8").splitlines())


def metainfo(package: StagedPackage) -> ET.Element:
    file = package.root / METAINFO.format(package.product_id)
    return ET.parse(file).getroot()  # noqa: S314 - our own file


@pytest.fixture(params=["nyra", "acme"])
def package(request: pytest.FixtureRequest) -> StagedPackage:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, StagedPackage)
    return found


def test_the_entry_is_valid(package: StagedPackage) -> None:
    checked = run("desktop-file-validate", entry_file(package))
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize("key", ["Name", "GenericName", "Comment", "Keywords"])
def test_the_entry_is_translated_into_the_window_s_languages(nyra: StagedPackage, key: str) -> None:
    values = entry(nyra)
    said = {name[len(key) + 1 : -1] for name in values if name.startswith(f"{key}[")}
    assert said == LANGUAGES
    assert all(values[f"{key}[{language}]"] for language in said)


def test_the_entry_opens_the_product_s_links(nyra: StagedPackage, acme: StagedPackage) -> None:
    values = entry(nyra)
    assert values["Exec"] == "/opt/nyra-keystead/keystead-desktop %u"
    assert values["MimeType"].split(";") == [SCHEME_TYPE, ""]
    assert entry(acme)["MimeType"] == "x-scheme-handler/keystead-acme+notes;"
    assert entry(acme)["Name"] == "Acme & Sons' “Notes” 100%: License"


def test_desktops_find_the_window_of_the_entry(package: StagedPackage) -> None:
    """Wayland matches the window by the entry's file name, X11 by the window class."""
    assert entry_file(package).stem == desktop_id(package.product_id)
    assert entry(package)["StartupWMClass"] == desktop_id(package.product_id)
    assert entry(package)["Icon"] == desktop_id(package.product_id)


def test_the_metainfo_is_valid(package: StagedPackage) -> None:
    file = package.root / METAINFO.format(package.product_id)
    checked = run("appstreamcli", "validate", "--no-net", file)
    assert checked.returncode == 0, checked.stdout


def test_the_metainfo_agrees_with_the_entry(package: StagedPackage) -> None:
    component = metainfo(package)
    assert component.findtext("launchable") == entry_file(package).name
    assert f"{component.findtext('provides/mediatype')};" == entry(package)["MimeType"]
    assert component.findtext("name") == entry(package)["Name"]
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    summaries = {one.get(lang, "en"): one.text for one in component.findall("summary")}
    assert summaries.keys() == LANGUAGES | {"en"}
    assert summaries["de"] == entry(package)["Comment[de]"]


def test_the_newest_release_is_the_package_s_version(package: StagedPackage) -> None:
    release = metainfo(package).find("releases/release")
    assert release is not None
    assert release.get("version") == package.field("version")


@pytest.mark.long
class TestALink:
    """A link opened by the desktop's own tools arrives as the program's argument."""

    @pytest.fixture
    def environ(self, tmp_path: Path, nyra: StagedPackage) -> dict[str, str]:
        """Return an environment with the entry and a program that records its arguments."""
        programs, applications = tmp_path / "bin", tmp_path / "share/applications"
        applications.mkdir(parents=True)
        programs.mkdir()
        program = programs / "keystead-desktop"
        text = entry_file(nyra).read_text("utf-8")
        text = text.replace("/opt/nyra-keystead/keystead-desktop", str(program))
        (applications / entry_file(nyra).name).write_text(text, "utf-8")
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" > {tmp_path}/said\n')
        program.chmod(0o755)
        (tmp_path / "config").mkdir()
        return {
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path / "share"),
            "XDG_DATA_DIRS": str(tmp_path / "nothing"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PATH": f"{programs}:/usr/bin:/bin",
        }

    @pytest.mark.parametrize("chosen", [True, False])
    def test_a_link_reaches_the_window(
        self, environ: dict[str, str], tmp_path: Path, chosen: bool
    ) -> None:
        applications = tmp_path / "share/applications"
        assert run("update-desktop-database", applications, **environ).returncode == 0
        if chosen:
            made = run("xdg-mime", "default", "nyra-keystead.desktop", SCHEME_TYPE, **environ)
            assert made.returncode == 0, made.stderr
        # The program inherits the pipes of `gio`, so `run` also waits for the program to end.
        opened = run("gio", "open", "keystead-nyra://activated", **environ)
        assert opened.returncode == 0, opened.stderr
        assert (tmp_path / "said").read_text().splitlines() == ["1", "keystead-nyra://activated"]

    @pytest.mark.parametrize(
        "link",
        [
            "keystead-nyra://x --profile /evil/keystead.toml",
            'keystead-nyra://x" --home "/evil',
            "keystead-nyra://$(touch evil)`touch evil`",
            "keystead-nyra:--profile=/evil/keystead.toml",
        ],
    )
    def test_a_hostile_link_is_one_argument_and_not_an_option(
        self, environ: dict[str, str], tmp_path: Path, link: str
    ) -> None:
        run("update-desktop-database", tmp_path / "share/applications", **environ)
        assert run("gio", "open", link, **environ).returncode == 0
        count, *said = (tmp_path / "said").read_text().splitlines()
        assert count == "1"
        assert said[0].startswith("keystead-nyra:")
        assert not (tmp_path / "evil").exists()
