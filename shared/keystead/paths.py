"""Where this user's files are (contract §7): by platformdirs, or all under ``KEYSTEAD_HOME``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import platformdirs

from keystead.bootstrap import runtime_folder, session_folder, socket_in
from keystead.contract import SOCKET_NAME


class Paths(msgspec.Struct, frozen=True):
    """The four folders of one user and product; everything else is in one of them."""

    state: Path
    config: Path
    runtime: Path
    logs: Path
    #: The chosen folder that the four are in; None for the usual places.
    home: Path | None = None

    @property
    def home_tag(self) -> str:
        """Which home this is: empty for the usual place, else 16 hex digits of its name."""
        return _digest(self.home) if self.home else ""

    @property
    def license(self) -> Path:
        return self.state / "license.jws"

    @property
    def device(self) -> Path:
        return self.state / "device.jws"

    @property
    def vault(self) -> Path:
        return self.state / "vault"

    @property
    def secret_key(self) -> Path:
        return self.state / "secrets.key"

    @property
    def config_file(self) -> Path:
        return self.config / "keystead.toml"

    @property
    def settings_file(self) -> Path:
        return self.config / "settings.json"

    @property
    def told_file(self) -> Path:
        """What the window remembers of what it told; in a folder that the daemon does not tidy."""
        return self.state / "desktop" / "told.json"

    @property
    def lock(self) -> Path:
        return self.state / "daemon.lock"

    @property
    def log_file(self) -> Path:
        return self.logs / "keysteadd.log"

    @property
    def socket(self) -> Path:
        """The local API's Unix socket; elsewhere under a short name where this one is too long."""
        usual = socket_in(str(self.runtime))
        if usual is not None:
            return Path(usual)
        return _short_folder() / f"keystead-{_digest(self.runtime / SOCKET_NAME)}" / SOCKET_NAME


def paths_of(product: str, home: str | os.PathLike[str] | None = None) -> Paths:
    """The paths for a product id; with ``home`` every one is under that folder."""
    if home is not None:
        root = Path(home).expanduser().absolute().resolve()
        folder = root / product
        runtime = runtime_folder(product, str(root), os.environ) or folder / "run"
        return Paths(folder / "state", folder / "config", Path(runtime), folder / "log", root)
    usual = platformdirs.PlatformDirs(appname=product, appauthor=False, roaming=False)
    state = Path(usual.user_state_dir)
    session = _session_folder()
    return Paths(
        state,
        Path(usual.user_config_dir),
        # Without a login session the user has no runtime folder. A folder that everybody can write
        # to, such as /tmp, is not safe for a socket.
        session / product if session else state / "run",
        Path(usual.user_log_dir),
    )


def _session_folder() -> Path | None:
    if sys.platform in {"win32", "darwin"}:
        return Path(platformdirs.user_runtime_dir())
    found = session_folder(os.environ)
    return Path(found) if found is not None else None


def _short_folder() -> Path:
    # Not TMPDIR, which may be the long path that is fled from. Whoever makes a folder here checks
    # whose it is (`files.require_private_folder`).
    return _session_folder() or Path(f"/tmp/keystead-{os.getuid()}")  # noqa: S108


def _digest(path: Path) -> str:
    # hashlib brings OpenSSL along: 4 MB that a window has no other use for.
    from hashlib import blake2b

    return blake2b(os.fsencode(path), digest_size=8).hexdigest()
