"""What a path holds, means nothing in a desktop entry."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead_client.desktop_entry import entry, exec_line, values_of

ARGUMENTS = st.lists(
    st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=20),
    min_size=1,
).filter(lambda command: "=" not in command[0] and all(one.isprintable() for one in command))


def read(line: str) -> list[str]:
    """An ``Exec`` value taken apart by the specification's own words."""
    found: list[str] = []
    rest = iter(line.replace("\\\\", "\\"))
    for char in rest:
        if char == '"':
            found.append("")
            for inside in rest:
                if inside == '"':
                    break
                found[-1] += next(rest) if inside == "\\" else inside
        else:
            assert char == " "
    return [one.replace("%%", "%") for one in found]


@given(ARGUMENTS)
def test_arguments_survive_quoting(command: list[str]) -> None:
    text = entry({"Type": "Application", "Exec": exec_line(command)})
    assert read(values_of(text.splitlines())["Exec"]) == command


@pytest.mark.parametrize("argument", ["/a\nExec=/bin/false", "/\x1b[1m", "/a=b"])
def test_a_path_that_cannot_be_quoted_is_refused(argument: str) -> None:
    with pytest.raises(InvalidInput):
        exec_line([argument])


def test_line_breaks_in_values_are_escaped() -> None:
    text = entry({"Name": "NyrA\nExec=/bin/false"})
    assert values_of(text.splitlines()) == {"Name": "NyrA\\nExec=/bin/false"}


def test_only_the_first_group_counts() -> None:
    lines = ["# a comment", "[Desktop Entry]", "Exec = a", "[Desktop Action x]", "Exec=b"]
    assert values_of(lines) == {"Exec": "a"}


@pytest.mark.skipif(shutil.which("gio") is None, reason="GLib's tool is not here")
def test_a_desktop_starts_exactly_these_arguments(tmp_path: Path) -> None:
    """GLib's own parser reads what we wrote."""
    odd = tmp_path / 'a "b" $(c) `d` \\e;f'
    odd.mkdir()
    said = odd / "said"
    script = odd / "program"
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$(dirname "$0")/said"\n')
    script.chmod(0o755)
    file = tmp_path / "odd.desktop"
    line = exec_line([str(script), "%f", "", "é ü", "$HOME"])
    file.write_text(entry({"Type": "Application", "Name": "Odd", "Exec": line}))
    os.mkfifo(said)
    subprocess.run(["gio", "launch", file], check=True, timeout=60)
    assert said.read_text().splitlines() == ["%f", "", "é ü", "$HOME"]
