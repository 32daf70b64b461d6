"""Where a command works: which product, whose files, and the way to the daemon.

Everything is found out when it is first asked for, and no sooner.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from keystead_client import profile_lookup

if TYPE_CHECKING:
    from keystead.local_client import LocalClient
    from keystead.paths import Paths
    from keystead.profile import Profile

# The length at which `keystead.paths` moves the socket elsewhere.
_PLAIN_SOCKET_BYTES = 103


class Context:
    """Flags win over ``KEYSTEAD_*`` (contract §8)."""

    def __init__(self, profile: str | None, home: str | None, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self._profile_named = profile
        self._home_named = home or environ.get("KEYSTEAD_HOME") or None

    @cached_property
    def profile_path(self) -> str:
        """Raises InvalidProfile where there is none."""
        return profile_lookup.find_profile(self._profile_named, self.environ)

    @cached_property
    def home(self) -> str | None:
        """The home that was chosen, absolute; None for the user's usual places."""
        return self._home_named and os.path.realpath(os.path.expanduser(self._home_named))  # noqa: PTH111

    @cached_property
    def profile(self) -> Profile:
        """The whole profile, checked. Raises InvalidProfile."""
        from pathlib import Path

        from keystead.profile import load_profile, with_environment

        return with_environment(load_profile(Path(self.profile_path)), self.environ)

    @cached_property
    def paths(self) -> Paths:
        from keystead.paths import paths_of

        return paths_of(profile_lookup.product_id(self.profile_path), self.home)

    def plain_socket(self) -> str | None:
        """Where the daemon's socket usually is, found without loading the core; or None.

        It is `Paths.socket` in the usual cases: a chosen home, or systemd's runtime folder of
        this very user.
        """
        product = profile_lookup.product_id(self.profile_path)
        if self.home is not None:
            socket = f"{self.home}/{product}/run/keysteadd.sock"
        elif sys.platform == "linux" and self._runtime_folder() is not None:
            socket = f"{self._runtime_folder()}/{product}/keysteadd.sock"
        else:
            return None
        return socket if len(os.fsencode(socket)) <= _PLAIN_SOCKET_BYTES else None

    def connect(self) -> LocalClient:
        """A connection to the daemon, which is started where none is running.

        Raises DaemonUnreachable where it cannot be, and InvalidProfile.
        """
        from keystead.errors import DaemonUnreachable
        from keystead.local_client import LocalClient

        try:
            return LocalClient(self.paths.socket)
        except DaemonUnreachable:
            from keystead_client.daemon_control import start_daemon

            # Only a profile that holds is worth a daemon, and its faults are better told here.
            _ = self.profile
            start_daemon(self)
            return LocalClient(self.paths.socket)

    def _runtime_folder(self) -> str | None:
        folder = self.environ.get("XDG_RUNTIME_DIR")
        return folder if folder == f"/run/user/{os.getuid()}" else None
