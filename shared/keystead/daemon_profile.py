"""Connect to a daemon of the right profile: start one, or start it again (`profile_match`, §5)."""

from __future__ import annotations

import logging
from contextlib import suppress

import msgspec

from keystead.daemon_launch import Launch, daemon_command, start_daemon
from keystead.errors import DaemonUnreachable, KeysteadError, NotInstalled
from keystead.local_api import DaemonInfo
from keystead.local_client import LocalClient
from keystead.local_peer import FOREIGN
from keystead.profile_match import Match, judge, other_profile
from keystead.programs import reap

#: Seconds for a daemon to stop: calls under way are answered first.
_STOP_S = 15.0


def warn(product_name: str) -> None:
    """Log that a daemon of another profile has to stay."""
    said = other_profile(product_name)
    logging.getLogger("keystead").warning("%s %s", said.sentence, said.remedy)


def connect_or_start(launch: Launch) -> tuple[LocalClient, Match]:
    """Connect to the product's daemon, which is started if none runs, or one of another profile.

    Raises NotInstalled, DaemonUnreachable, and what `LocalClient.call` raises.
    """
    try:
        client = LocalClient(launch.socket)
    except DaemonUnreachable as error:
        if error.code in FOREIGN:
            raise
        reap(start_daemon(launch))
        client = LocalClient(launch.socket)
    return matched(client, launch)


def matched(client: LocalClient, launch: Launch) -> tuple[LocalClient, Match]:
    """Return a client of a daemon with the launch's profile, or this one if it has to stay.

    Raises DaemonUnreachable if the daemon was ended and no other one started.
    """
    try:
        info: DaemonInfo = client.call("daemon.info")
    except KeysteadError:
        client.close()
        raise
    match = judge(info, launch.digest)
    if match is Match.REPLACE:
        with suppress(NotInstalled):
            # Looked for first: a daemon that could not be started again is not ended.
            command = [] if info.managed else daemon_command(launch)
            client = _replaced(client, info, launch, command)
            match = judge(client.call("daemon.info"), launch.digest)
    # It was replaced once. If the next one is another's again, it stays.
    return client, Match.SAME if match is Match.SAME else Match.OTHER


def _replaced(
    client: LocalClient, info: DaemonInfo, launch: Launch, command: list[str]
) -> LocalClient:
    with client:
        client.call("daemon.stop")
        with suppress(TimeoutError):
            # It closes its connections when everything is saved.
            for _ in client.notifications(timeout_s=_STOP_S):
                continue
    if command:
        before = (*info.replaced_profiles, str(info.profile_digest))
        reap(start_daemon(msgspec.structs.replace(launch, replaced=before), command))
    return LocalClient(launch.socket)
