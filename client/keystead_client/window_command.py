"""The command that starts this installation's window, for autostart and link handlers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keystead.bootstrap import shipped_profiles

if TYPE_CHECKING:
    from keystead_client.context import Context


def window_command(context: Context, *flags: str) -> list[str]:
    """Return the command with absolute paths for the profile and home of ``context``.

    A profile that the installation finds by itself is not named, because an update may move it.
    Raises InvalidProfile if there is none.
    """
    command = [*_program(), *flags]
    if context.profile_path not in shipped_profiles():
        command += ["--profile", context.profile_path]
    if context.home is not None:
        command += ["--home", context.home]
    return command


def _program() -> Sequence[str]:
    beside = (
        Path(sys.executable)
        .with_name("keystead-desktop")
        .with_suffix(".exe" if sys.platform == "win32" else "")
    )
    if beside.is_file():
        return [str(beside)]
    return [sys.executable, "-P", "-m", "keystead_client.desktop.entry"]
