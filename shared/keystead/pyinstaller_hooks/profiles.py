"""The vendor's profile beside a module, and the key files that it names."""

from __future__ import annotations

import tomllib
from pathlib import Path

from keystead.bootstrap import decode_text
from keystead.contract import PROFILE_NAME


def profile_files(module: str, package: str) -> list[tuple[str, str]]:
    """Return the files to take along for a module's file, each with its folder in the bundle.

    ``package`` is the package that the module is in, "" for none. A profile that is no valid TOML
    is taken along alone: the program says what is wrong with it, as it does without a bundle.
    """
    profile = Path(module).with_name(PROFILE_NAME)
    if not profile.is_file():
        return []
    try:
        trust = tomllib.loads(decode_text(profile.read_bytes())).get("trust")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        trust = None
    named = trust.values() if isinstance(trust, dict) else ()
    files = [profile, *(profile.with_name(one) for one in named if isinstance(one, str))]
    folder = package.replace(".", "/") or "."
    return [(str(file), folder) for file in files if file.is_file()]
