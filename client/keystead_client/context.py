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

    def fast_runtime(self) -> str | None:
        """Where the runtime folder usually is, found without loading the core; or None.

        It is `Paths.runtime` wherever nothing is unusual: in a chosen home, in a login session's
        folder, or else in the state folder in its usual place. Raises InvalidProfile.
        """
        if sys.platform in ("win32", "darwin"):
            return None
        found = self._plain_place()
        if found is None:
            return None
        folder, inside = found
        return f"{folder.rstrip('/')}/{profile_lookup.product_id(self.profile_path)}{inside}"

    def fast_socket(self) -> str | None:
        """Where the daemon's socket usually is, found like that; `Paths.socket` where it is one."""
        folder = self.fast_runtime()
        if folder is None:
            return None
        socket = f"{folder}/keysteadd.sock"
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

    def _plain_place(self) -> tuple[str, str] | None:
        """The folder that holds the product's, and what follows that."""
        if self.home is not None:
            return self.home, "/run"
        session = self.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        if os.path.isdir(session):  # noqa: PTH112
            return session, ""
        user = self.environ.get("HOME", "")
        if self.environ.get("XDG_STATE_HOME") or not os.path.isabs(user):  # noqa: PTH117
            return None
        return f"{user}/.local/state", "/run"
