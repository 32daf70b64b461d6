"""Pages of the documentation that code knows better than a writer, as an mkdocs hook.

| page | from |
| --- | --- |
| `commands.md` | the ``--help`` of every command and subcommand |
| `errors.md` | the client's messages, and the problem types of the billing APIs |
| `specification.md`, `security.md`, `changelog.md` | the files in the repository |

Links of those files to places that are no page lead to the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from keystead.problems import PROBLEM_TYPES
from keystead_client.messages.problems import MESSAGES

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
#: Documents of the repository that are pages.
DOCUMENTS = {
    "shared/SPECIFICATION.md": "specification.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
COMMANDS = ("keystead", "keysteadd", "keystead-desktop", "keystead-stub")
_COMMANDS_INTRODUCTION = (
    "What each command prints for `--help`. `keystead` is for whoever bought the program,"
    " `keystead-stub` for its vendor; `keysteadd` is the daemon, which starts by itself."
)
_ERRORS_INTRODUCTION = (
    "Every refusal has a code. Programs compare it, `--json` and the log print it, and people read"
    " the sentence beside it. Where a billing backend answers with the code, its HTTP status"
    " stands there too (RFC 9457). `keystead doctor` finds most causes by itself."
)
_SUBCOMMAND = re.compile(r"^    ([a-z][\w-]*)(?:  |$)", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    pages = {"commands.md": commands_page(), "errors.md": errors_page()}
    for document, page in DOCUMENTS.items():
        text = (ROOT / document).read_text("utf-8")
        pages[page] = with_links(text, document)
    for name, text in pages.items():
        files.append(File.generated(config, name, content=text))
    return files


def with_links(text: str, document: str) -> str:
    """Point the links of a document of the repository at pages, or at the repository."""

    def link(found: re.Match[str]) -> str:
        target = os.path.normpath(Path(document).parent / found[1])
        page = DOCUMENTS.get(target) or f"{REPOSITORY}/blob/main/{target}"
        return f"]({page}{found[2] or ''})"

    return _LINK.sub(link, text)


def commands_page() -> str:
    """Every command with its help, as the terminal shows it."""
    parts = ["# Commands", _COMMANDS_INTRODUCTION]
    for command, level, text in _helps():
        parts += [f"{'#' * level} {command}", f"```text\n{text.strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _helps() -> Iterator[tuple[str, int, str]]:
    with ThreadPoolExecutor() as pool:
        for command in COMMANDS:
            text = _help(command)
            yield command, 2, text
            names = _SUBCOMMAND.findall(text)
            for name, below in zip(names, pool.map(lambda n: _help(command, n), names)):  # noqa: B023, B905
                yield f"{command} {name}", 3, below
                for action in _SUBCOMMAND.findall(below):
                    yield f"{command} {name} {action}", 4, _help(command, name, action)


def _help(command: str, *names: str) -> str:
    program = Path(sys.executable).with_name(command)
    # As wide as a page, and in no colour, whatever the terminal.
    environ = os.environ | {"COLUMNS": "88", "NO_COLOR": "1", "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(
        [program, *names, "--help"], capture_output=True, text=True, check=True, env=environ
    )
    return ran.stdout


def errors_page() -> str:
    """Every code, what the person reads, and what to do about it."""
    rows = []
    for key, sentence in sorted(MESSAGES.items()):
        kind, _, code = key.partition(".")
        if kind != "refused" or "." in code:
            continue
        known = PROBLEM_TYPES.get(code)
        status = str(known.status) if known else ""
        remedy = MESSAGES.get(f"{key}.next", "")
        rows.append(f"| <a id='{code}'></a>`{code}` | {status} | {sentence} | {remedy} |")
    return "\n".join(
        [
            "# When something is refused",
            "",
            _ERRORS_INTRODUCTION,
            "",
            "| code | HTTP | what the person reads | what to do |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
