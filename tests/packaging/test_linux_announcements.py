"""The desktop entry and the metainfo, which register the program and its links on Linux."""

import os
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from keystead_client.desktop_entry import values_of

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "packaging/linux"
ENTRY = LINUX / "keystead.desktop"
METAINFO = LINUX / "keystead.metainfo.xml"
#: English is the default and has no language suffix.
LANGUAGES = {"ar", "de", "es", "fr", "ja", "zh_CN"}
SCHEME_TYPE = "x-scheme-handler/keystead"


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    return subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, check=False, timeout=60
    )


def entry() -> dict[str, str]:
    return values_of(ENTRY.read_text("utf-8").splitlines())


def test_the_entry_is_valid() -> None:
    checked = run("desktop-file-validate", ENTRY)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@pytest.mark.parametrize("key", ["GenericName", "Comment", "Keywords"])
def test_the_entry_is_translated_into_the_window_s_languages(key: str) -> None:
    values = entry()
    said = {name[len(key) + 1 : -1] for name in values if name.startswith(f"{key}[")}
    assert said == LANGUAGES
    assert all(values[f"{key}[{language}]"] for language in said)


def test_the_entry_opens_the_links() -> None:
    values = entry()
    assert values["Exec"] == "keystead-desktop %u"
    assert values["MimeType"].split(";") == [SCHEME_TYPE, ""]


def test_desktops_find_the_window_of_the_entry() -> None:
    """Wayland matches the window by the entry's file name, X11 by the window class."""
    app = (ROOT / "client/keystead_client/desktop/app.py").read_text("utf-8")
    assert f'setDesktopFileName("{ENTRY.stem}")' in app
    assert f'QApplication(["{entry()["StartupWMClass"]}"])' in app


def test_the_metainfo_is_valid() -> None:
    checked = run("appstreamcli", "validate", "--no-net", METAINFO)
    assert checked.returncode == 0, checked.stdout


def test_the_metainfo_agrees_with_the_entry() -> None:
    component = ET.parse(METAINFO).getroot()  # noqa: S314 - our own file
    assert component.findtext("launchable") == ENTRY.name
    assert component.findtext("provides/mediatype") == SCHEME_TYPE
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    summaries = {one.get(lang, "en"): one.text for one in component.findall("summary")}
    assert summaries.keys() == LANGUAGES | {"en"}
    assert summaries["de"] == entry()["Comment[de]"]


def test_the_newest_release_is_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    release = ET.parse(METAINFO).getroot().find("releases/release")  # noqa: S314 - our own file
    assert release is not None
    assert release.get("version") == project["version"]


@pytest.mark.long
class TestALink:
    """A link opened by the desktop's own tools arrives as the program's argument."""

    @pytest.fixture
    def environ(self, tmp_path: Path) -> dict[str, str]:
        """Return an environment with the entry and a program that records its arguments."""
        programs, applications = tmp_path / "bin", tmp_path / "share/applications"
        applications.mkdir(parents=True)
        programs.mkdir()
        shutil.copy(ENTRY, applications)
        program = programs / "keystead-desktop"
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
            assert run("xdg-mime", "default", ENTRY.name, SCHEME_TYPE, **environ).returncode == 0
        # The program inherits the pipes of `gio`, so `run` also waits for the program to end.
        opened = run("gio", "open", "keystead://activated", **environ)
        assert opened.returncode == 0, opened.stderr
        assert (tmp_path / "said").read_text().splitlines() == ["1", "keystead://activated"]

    @pytest.mark.parametrize(
        "link",
        [
            "keystead://x --profile /evil/keystead.toml",
            'keystead://x" --home "/evil',
            "keystead://$(touch evil)`touch evil`",
            "keystead:--profile=/evil/keystead.toml",
        ],
    )
    def test_a_hostile_link_is_one_argument_and_not_an_option(
        self, environ: dict[str, str], tmp_path: Path, link: str
    ) -> None:
        run("update-desktop-database", tmp_path / "share/applications", **environ)
        assert run("gio", "open", link, **environ).returncode == 0
        count, *said = (tmp_path / "said").read_text().splitlines()
        assert count == "1"
        assert said[0].startswith("keystead:")
        assert not (tmp_path / "evil").exists()
