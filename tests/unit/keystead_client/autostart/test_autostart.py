"""Starting at login: the same promises on three systems, each in its own words."""

import plistlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import StorageFailed
from keystead_client.autostart import Autostart, AutostartItem, autostart_of, linux, macos, windows

ITEM = AutostartItem(
    "nyra", "NyrA Swarm Little Buddy", ["/opt/keystead/keystead-desktop", "--minimized"]
)
OTHER = AutostartItem("other", "Another", ["/opt/other/keystead-desktop"])
GENERATOR = Path("/usr/lib/systemd/user-generators/systemd-xdg-autostart-generator")

On = Callable[[AutostartItem, Path], Autostart]


def on_linux(item: AutostartItem, home: Path) -> Autostart:
    return linux.AutostartEntry(item, linux.folder_of({}, home))


def on_macos(item: AutostartItem, home: Path) -> Autostart:
    return macos.LaunchAgent(item, home)


both = pytest.mark.parametrize("on", [on_linux, on_macos])


def the_file(home: Path) -> Path:
    (file,) = (one for one in home.rglob("*") if one.is_file())
    return file


@both
def test_install_and_remove_are_idempotent(on: On, tmp_path: Path) -> None:
    one = on(ITEM, tmp_path)
    assert not one.is_enabled()
    one.install()
    one.install()
    assert one.is_enabled()
    one.remove()
    one.remove()
    assert not one.is_enabled()


@both
def test_products_have_separate_entries(on: On, tmp_path: Path) -> None:
    on(ITEM, tmp_path).install()
    on(OTHER, tmp_path).install()
    on(ITEM, tmp_path).remove()
    assert not on(ITEM, tmp_path).is_enabled()
    assert on(OTHER, tmp_path).is_enabled()


@both
def test_an_invalid_file_counts_as_off_and_is_replaced(on: On, tmp_path: Path) -> None:
    one = on(ITEM, tmp_path)
    one.install()
    the_file(tmp_path).write_bytes(b"\xff<plist><dict>")
    assert not one.is_enabled()
    one.install()
    assert one.is_enabled()


@both
def test_an_unwritable_folder_is_reported(on: On, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file in the way")
    with pytest.raises(StorageFailed):
        on(ITEM, home).install()


def test_this_system_has_an_autostart(tmp_path: Path) -> None:
    one = autostart_of(ITEM, {"XDG_CONFIG_HOME": str(tmp_path / "config")}, tmp_path)
    one.install()
    assert one.is_enabled()


class TestLinux:
    def test_the_entry_is_in_the_autostart_folder(self, tmp_path: Path) -> None:
        usual = tmp_path / ".config/autostart"
        assert linux.folder_of({}, tmp_path) == usual
        assert linux.folder_of({"XDG_CONFIG_HOME": "relative"}, tmp_path) == usual
        assert linux.folder_of({"XDG_CONFIG_HOME": "/elsewhere"}, tmp_path) == Path(
            "/elsewhere/autostart"
        )

    @pytest.mark.parametrize("switch", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
    def test_an_entry_disabled_in_the_desktop_s_settings_is_off(
        self, switch: str, tmp_path: Path
    ) -> None:
        one = on_linux(ITEM, tmp_path)
        one.install()
        with the_file(tmp_path).open("a") as file:
            file.write(f"{switch}\n")
        assert not one.is_enabled()
        one.install()
        assert one.is_enabled()

    @pytest.mark.skipif(not GENERATOR.exists(), reason="systemd's generator is not here")
    def test_systemd_generates_a_service_from_the_entry(self, tmp_path: Path) -> None:
        program = Path(sys.executable)
        item = AutostartItem("nyra", "NyrA", [str(program), "100% of $HOME", "--minimized"])
        on_linux(item, tmp_path).install()
        units = tmp_path / "units"
        units.mkdir()
        subprocess.run(
            [GENERATOR, units, units, units],
            env={"HOME": str(tmp_path), "XDG_CONFIG_DIRS": "/nowhere", "PATH": "/usr/bin:/bin"},
            check=True,
        )
        (unit,) = units.glob("*.service")
        (line,) = (x for x in unit.read_text().splitlines() if x.startswith("ExecStart="))
        # The colon: no variable is looked up; two per cent signs are one.
        assert line == rf'ExecStart=:{program} "100%% of \$HOME" --minimized'


class TestMacos:
    def test_the_agent_has_exactly_these_arguments(self, tmp_path: Path) -> None:
        item = AutostartItem("nyra", "NyrA", ["/Applications/A & B.app/x", "<--minimized>"])
        agent = plistlib.loads(macos.agent_of(item))
        assert agent["ProgramArguments"] == item.command
        assert agent["RunAtLoad"] is True

    def test_the_file_is_named_after_its_label(self, tmp_path: Path) -> None:
        on_macos(ITEM, tmp_path).install()
        file = the_file(tmp_path)
        assert file.parent == tmp_path / "Library/LaunchAgents"
        assert plistlib.loads(file.read_bytes())["Label"] == file.stem

    def test_a_disabled_agent_is_off(self, tmp_path: Path) -> None:
        on_macos(ITEM, tmp_path).install()
        file = the_file(tmp_path)
        agent = plistlib.loads(file.read_bytes()) | {"Disabled": True}
        file.write_bytes(plistlib.dumps(agent))
        assert not on_macos(ITEM, tmp_path).is_enabled()

    @given(st.binary(max_size=200))
    def test_any_bytes_can_be_read(self, data: bytes) -> None:
        assert not macos.starts(data)
        assert not macos.starts(b"bplist00" + data)


class TestWindows:
    def test_arguments_are_quoted_as_windows_programs_parse_them(self) -> None:
        item = AutostartItem(
            "nyra", "NyrA", [r"C:\Program Files\Keystead\keystead-desktop.exe", "--home"]
        )
        line = windows.command_line(item)
        assert line == r'"C:\Program Files\Keystead\keystead-desktop.exe" --home'

    @pytest.mark.parametrize(
        ("run", "approved", "starts"),
        [
            (None, None, False),
            ("", None, False),
            ("x.exe", None, True),
            ("x.exe", bytes(12), True),
            ("x.exe", b"\x02" + bytes(11), True),
            # What Task Manager writes where somebody switched it off.
            ("x.exe", b"\x03\x00\x00\x00" + bytes(8), False),
            (None, b"\x02", False),
        ],
    )
    def test_an_entry_disabled_in_task_manager_is_off(
        self, run: str | None, approved: bytes | None, starts: bool
    ) -> None:
        assert windows.starts(run, approved) is starts

    def test_products_have_separate_values(self) -> None:
        assert windows.name_of(ITEM) != windows.name_of(OTHER)
