"""The folders and files of one user (specification §4.1), or all under ``KEYSTEAD_HOME``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import platformdirs

from keystead.bootstrap import runtime_folder, session_folder, socket_in
from keystead.contract import SOCKET_NAME
from keystead.labelled_hash import labelled_hash


class Paths(msgspec.Struct, frozen=True):
    """The four folders of a user and product, and the files in them."""

    state: Path
    config: Path
    runtime: Path
    logs: Path
    #: The folder of ``KEYSTEAD_HOME``, which contains the four; None for the platform's folders.
    home: Path | None = None

    @property
    def home_tag(self) -> str:
        """A hash of the home folder's path, 16 hex digits; empty without a home folder.

        It keeps the keyring items of different home folders apart.
        """
        return _digest(self.home) if self.home else ""

    @property
    def license(self) -> Path:
        return self.state / "license.jws"

    @property
    def device(self) -> Path:
        return self.state / "device.jws"

    @property
    def key_manifest(self) -> Path:
        return self.state / "keys.jws"

    @property
    def vault(self) -> Path:
        return self.state / "vault"

    @property
    def secret_key(self) -> Path:
        return self.state / "secrets.key"

    @property
    def program_profile(self) -> Path:
        """The profile of a program that has it as a text, for the daemon that it starts."""
        return self.state / "profile.toml"

    @property
    def config_file(self) -> Path:
        return self.config / "keystead.toml"

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def told_file(self) -> Path:
        """The window's record of notifications already shown.

        In a folder of its own, because the daemon deletes temporary files in its state folder.
        """
        return self.state / "desktop" / "told.json"

    @property
    def lock(self) -> Path:
        return self.state / "daemon.lock"

    @property
    def log_file(self) -> Path:
        return self.logs / "keysteadd.log"

    @property
    def socket(self) -> Path:
        """The local API's Unix socket, in a short folder if the path is too long for a socket."""
        in_runtime = socket_in(str(self.runtime))
        if in_runtime is not None:
            return Path(in_runtime)
        return _short_folder() / f"keystead-{_digest(self.runtime / SOCKET_NAME)}" / SOCKET_NAME


def paths_of(product: str, home: str | os.PathLike[str] | None = None) -> Paths:
    """Return the paths for a product id; with ``home`` all of them are under that folder."""
    if home is not None:
        root = Path(home).expanduser().absolute().resolve()
        folder = root / product
        runtime = runtime_folder(product, str(root), os.environ) or folder / "run"
        return Paths(folder / "state", folder / "config", Path(runtime), folder / "log", root)
    platform = platformdirs.PlatformDirs(appname=product, appauthor=False, roaming=False)
    state = Path(platform.user_state_dir)
    session = _session_folder()
    return Paths(
        state,
        Path(platform.user_config_dir),
        # Without a login session the user has no runtime folder. A folder that everyone can write
        # to, such as /tmp, is not safe for a socket.
        session / product if session else state / "run",
        Path(platform.user_log_dir),
    )


def _session_folder() -> Path | None:
    if sys.platform in {"win32", "darwin"}:
        return Path(platformdirs.user_runtime_dir())
    found = session_folder(os.environ)
    return Path(found) if found is not None else None


def _short_folder() -> Path:
    # Not TMPDIR, which may be the reason why the path is too long. Others can create folders in
    # /tmp, so the daemon checks the owner (`files.require_private_folder`).
    return _session_folder() or Path(f"/tmp/keystead-{os.getuid()}")  # noqa: S108


def _digest(path: Path) -> str:
    return labelled_hash("keystead-path", os.fsencode(path))[:8].hex()
