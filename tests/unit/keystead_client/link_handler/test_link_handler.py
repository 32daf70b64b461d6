"""A program that no package announced, announced by its user for themselves."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import StorageFailed
from keystead_client.link_handler import linux, windows

OTHERS = """\
[Added Associations]
x-scheme-handler/keystead=keystead.desktop;
[Default Applications]
text/html=firefox.desktop
x-scheme-handler/keystead=keystead.desktop
"""


def test_registering_replaces_one_line_only() -> None:
    assert (
        linux.chosen(OTHERS, linux.NAME)
        == """\
[Added Associations]
x-scheme-handler/keystead=keystead.desktop;
[Default Applications]
x-scheme-handler/keystead=keystead-development.desktop
text/html=firefox.desktop
"""
    )


def test_another_program_s_choice_is_kept() -> None:
    assert linux.chosen(OTHERS, None) == OTHERS


@pytest.mark.parametrize("before", ["", "[Default Applications]\n", "# nothing\n"])
def test_unregistering_removes_our_choice(before: str) -> None:
    chosen = linux.chosen(before, linux.NAME)
    assert chosen.count(linux.MIME_TYPE) == 1
    assert linux.MIME_TYPE not in linux.chosen(chosen, None)


LINES = st.sampled_from(
    [
        "[Default Applications]",
        "[Added Associations]",
        "text/html=firefox.desktop",
        f"{linux.MIME_TYPE}=keystead.desktop;",
        f"{linux.MIME_TYPE} = {linux.NAME};",
        "# a comment",
        "",
    ]
)


@given(st.lists(LINES))
def test_registering_is_idempotent(lines: list[str]) -> None:
    once = linux.chosen("".join(f"{one}\n" for one in lines), linux.NAME)
    assert linux.chosen(once, linux.NAME) == once


class TestAnAnnouncement:
    def announcement(self, tmp_path: Path) -> linux.DesktopEntryHandler:
        return linux.DesktopEntryHandler(["/opt/a b/keystead-desktop"], {}, tmp_path)

    def test_the_user_s_entry_is_valid(self, tmp_path: Path) -> None:
        self.announcement(tmp_path).register()
        entry = tmp_path / ".local/share/applications" / linux.NAME
        assert 'Exec="/opt/a b/keystead-desktop" %u' in entry.read_text()
        choices = (tmp_path / ".config/mimeapps.list").read_text()
        assert f"{linux.MIME_TYPE}={linux.NAME}" in choices

    def test_unregistering_is_idempotent(self, tmp_path: Path) -> None:
        one = self.announcement(tmp_path)
        one.unregister()
        one.register()
        one.unregister()
        one.unregister()
        assert not (tmp_path / ".local/share/applications" / linux.NAME).exists()
        assert linux.MIME_TYPE not in (tmp_path / ".config/mimeapps.list").read_text()

    def test_undecodable_lines_are_kept(self, tmp_path: Path) -> None:
        choices = tmp_path / ".config/mimeapps.list"
        choices.parent.mkdir()
        choices.write_bytes(b"[Default Applications]\ntext/x=\xff.desktop\n")
        self.announcement(tmp_path).register()
        assert b"text/x=\xff.desktop\n" in choices.read_bytes()

    def test_a_file_that_is_too_large_is_left_alone(self, tmp_path: Path) -> None:
        choices = tmp_path / ".config/mimeapps.list"
        choices.parent.mkdir()
        choices.write_bytes(b"#" * (2 << 20))
        with pytest.raises(StorageFailed):
            self.announcement(tmp_path).register()
        assert choices.stat().st_size == 2 << 20


class TestWindows:
    def test_the_registry_class_opens_our_scheme(self) -> None:
        keys = windows.values_of([r"C:\Users\A B\Scripts\keystead-desktop.exe"])
        assert keys[r"Software\Classes\keystead"]["URL Protocol"] == ""
        assert keys[r"Software\Classes\keystead\shell\open\command"][""] == (
            r'"C:\Users\A B\Scripts\keystead-desktop.exe" -- "%1"'
        )

    def test_a_link_cannot_become_an_option(self) -> None:
        """What Windows makes of a hostile link ends behind the two dashes."""
        from keystead_client.desktop import entry

        hostile = ["--", "keystead://x", "--profile", r"\\evil\share\keystead.toml"]
        with pytest.raises(SystemExit) as ended:
            entry._parse(hostile)
        assert ended.value.code == 2


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="it is not here")
def test_the_entry_is_valid(tmp_path: Path) -> None:
    file = tmp_path / linux.NAME
    file.write_text(linux.entry_of(["/opt/a b/keystead-desktop", "--home", "/x"]))
    subprocess.run(["desktop-file-validate", file], check=True)
