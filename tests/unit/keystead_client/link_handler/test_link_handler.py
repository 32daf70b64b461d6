"""A program that no package announced, announced by its user for themselves."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import StorageFailed
from keystead_client.link_handler import linux, windows

PRODUCT = "nyra"
MIME_TYPE, NAME = linux.mime_type(PRODUCT), linux.entry_name(PRODUCT)
OTHERS = """\
[Added Associations]
x-scheme-handler/keystead-nyra=nyra-keystead.desktop;
[Default Applications]
text/html=firefox.desktop
x-scheme-handler/keystead-nyra=nyra-keystead.desktop
"""


def test_registering_replaces_one_line_only() -> None:
    assert (
        linux.chosen(OTHERS, PRODUCT, ours=True)
        == """\
[Added Associations]
x-scheme-handler/keystead-nyra=nyra-keystead.desktop;
[Default Applications]
x-scheme-handler/keystead-nyra=nyra-keystead-development.desktop
text/html=firefox.desktop
"""
    )


def test_another_program_s_choice_is_kept() -> None:
    assert linux.chosen(OTHERS, PRODUCT, ours=False) == OTHERS


@pytest.mark.parametrize("before", ["", "[Default Applications]\n", "# nothing\n"])
def test_unregistering_removes_our_choice(before: str) -> None:
    chosen = linux.chosen(before, PRODUCT, ours=True)
    assert chosen.count(MIME_TYPE) == 1
    assert MIME_TYPE not in linux.chosen(chosen, PRODUCT, ours=False)


LINES = st.sampled_from(
    [
        "[Default Applications]",
        "[Added Associations]",
        "text/html=firefox.desktop",
        f"{MIME_TYPE}=nyra-keystead.desktop;",
        f"{MIME_TYPE} = {NAME};",
        "# a comment",
        "",
    ]
)


@given(st.lists(LINES))
def test_registering_is_idempotent(lines: list[str]) -> None:
    once = linux.chosen("".join(f"{one}\n" for one in lines), PRODUCT, ours=True)
    assert linux.chosen(once, PRODUCT, ours=True) == once


class TestAnAnnouncement:
    def announcement(self, tmp_path: Path) -> linux.DesktopEntryHandler:
        return linux.DesktopEntryHandler(["/opt/a b/keystead-desktop"], PRODUCT, {}, tmp_path)

    def test_the_user_s_entry_is_valid(self, tmp_path: Path) -> None:
        self.announcement(tmp_path).register()
        entry = tmp_path / ".local/share/applications" / NAME
        assert 'Exec="/opt/a b/keystead-desktop" %u' in entry.read_text()
        choices = (tmp_path / ".config/mimeapps.list").read_text()
        assert f"{MIME_TYPE}={NAME}" in choices

    def test_unregistering_is_idempotent(self, tmp_path: Path) -> None:
        one = self.announcement(tmp_path)
        one.unregister()
        one.register()
        one.unregister()
        one.unregister()
        assert not (tmp_path / ".local/share/applications" / NAME).exists()
        assert MIME_TYPE not in (tmp_path / ".config/mimeapps.list").read_text()

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


def test_two_products_are_registered_side_by_side(tmp_path: Path) -> None:
    handlers = [
        linux.DesktopEntryHandler([f"/opt/{product}/keystead-desktop"], product, {}, tmp_path)
        for product in ("nyra", "acme_notes")
    ]
    for handler in handlers:
        handler.register()
    handlers[0].unregister()
    choices = (tmp_path / ".config/mimeapps.list").read_text()
    assert "x-scheme-handler/keystead-acme+notes=acme_notes-keystead-development" in choices
    assert MIME_TYPE not in choices
    (left,) = (tmp_path / ".local/share/applications").glob("*.desktop")
    assert 'Exec="/opt/acme_notes/keystead-desktop" %u' in left.read_text()


class TestWindows:
    def test_the_registry_class_opens_our_scheme(self) -> None:
        keys = windows.values_of([r"C:\Users\A B\Scripts\keystead-desktop.exe"], PRODUCT)
        assert keys[r"Software\Classes\keystead-nyra"]["URL Protocol"] == ""
        assert keys[r"Software\Classes\keystead-nyra\shell\open\command"][""] == (
            r'"C:\Users\A B\Scripts\keystead-desktop.exe" -- "%1"'
        )

    def test_a_link_cannot_become_an_option(self) -> None:
        """What Windows makes of a hostile link ends behind the two dashes."""
        from keystead_client.desktop import entry

        hostile = ["--", "keystead-nyra://x", "--profile", r"\\evil\share\keystead.toml"]
        with pytest.raises(SystemExit) as ended:
            entry._parse(hostile)
        assert ended.value.code == 2


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="it is not here")
def test_the_entry_is_valid(tmp_path: Path) -> None:
    file = tmp_path / NAME
    file.write_text(linux.entry_of(["/opt/a b/keystead-desktop", "--home", "/x"], PRODUCT))
    subprocess.run(["desktop-file-validate", file], check=True)
