"""The product, home and daemon that a command works with, each found when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from keystead.bootstrap import runtime_folder, socket_in
from keystead_client import profile_lookup

if TYPE_CHECKING:
    from keystead.daemon_launch import Launch
    from keystead.errors import KeysteadError
    from keystead.local_client import LocalClient
    from keystead.paths import Paths
    from keystead.profile import Profile
    from keystead.profile_match import Match


class Context:
    """Flags take precedence over ``KEYSTEAD_*`` (specification §11.2).

    Whatever needs the profile raises InvalidProfile if there is none, or it is invalid.
    """

    def __init__(self, profile: str | None, home: str | None, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self._profile_named = profile
        self._home_named = home or environ.get("KEYSTEAD_HOME") or None
        #: Called once where a daemon of another profile has to stay.
        self.on_other_profile: Callable[[KeysteadError], object] | None = None
        #: How the profile of the daemon compares that `connect` has found.
        self.match: Match | None = None

    @cached_property
    def profile_path(self) -> str:
        return profile_lookup.find_profile(self._profile_named, self.environ)

    @cached_property
    def product_id(self) -> str:
        return profile_lookup.product_id(self.profile_path)

    @cached_property
    def profile_digest(self) -> str | None:
        """`keystead.profile_digest` of the profile; None where only `profile` can tell more."""
        return profile_lookup.digest(self.profile_path)

    @cached_property
    def home(self) -> str | None:
        """The home that was chosen, absolute; None for the user's usual folders."""
        return self._home_named and os.path.realpath(os.path.expanduser(self._home_named))  # noqa: PTH111

    @cached_property
    def profile(self) -> Profile:
        """The whole profile, validated."""
        from pathlib import Path

        from keystead.profile import load_profile, with_environment

        return with_environment(load_profile(Path(self.profile_path)), self.environ)

    @cached_property
    def paths(self) -> Paths:
        from keystead.paths import paths_of

        return paths_of(self.product_id, self.home)

    @cached_property
    def runtime(self) -> str:
        """`Paths.runtime`, found without loading `keystead.paths` where that is possible."""
        found = runtime_folder(self.product_id, self.home, self.environ)
        return found or str(self.paths.runtime)

    @cached_property
    def socket(self) -> str:
        """`Paths.socket`, likewise."""
        return socket_in(self.runtime) or str(self.paths.socket)

    @cached_property
    def launch(self) -> Launch:
        """What a daemon is started with. An invalid profile is found here: it would only exit."""
        from keystead.daemon_launch import Launch

        return Launch(
            product_id=self.product_id,
            product_name=self.profile.product_name,
            profile_path=self.profile_path,
            home=self.home,
            socket=self.paths.socket,
            environ=self.environ,
            digest=self.profile.digest,
        )

    def connect(self) -> LocalClient:
        """Connect to the daemon, which is started if none is running.

        One of another profile is started again with this one. Where it has to stay, `other_profile`
        is called. Raises DaemonUnreachable if it cannot be started, NotInstalled if there is none.
        """
        from keystead.daemon_profile import connect_or_start
        from keystead.profile_match import Match, other_profile

        client, self.match = connect_or_start(self.launch)
        if self.match is Match.OTHER and self.on_other_profile is not None:
            say, self.on_other_profile = self.on_other_profile, None
            say(other_profile(self.launch.product_name))
        return client
