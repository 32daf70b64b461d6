"""How a person pays from inside a program: the daemon, then the window, else the browser.

Loaded at the first `License.activate` or `License.show`.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Literal

import msgspec

from keystead.browser import open_link
from keystead.contract import WINDOW_SOCKET_NAME
from keystead.daemon_launch import Launch
from keystead.daemon_profile import connect_or_start, warn
from keystead.errors import DaemonRefused, NotInstalled
from keystead.files import replace_atomically
from keystead.local_api import SIGN_IN_ERRORS, Checkout, CheckoutParams, PortalParams
from keystead.local_client import LocalClient
from keystead.paths import Paths
from keystead.product_names import WINDOW
from keystead.profile import Profile
from keystead.profile_match import Match
from keystead.programs import find_program, reap
from keystead.screen import has_screen
from keystead.wire.nyra import PortalAnswer

#: Seconds for an answer that needs the billing service; the daemon's own limits are shorter.
_NETWORK_S = 90.0
#: Seconds for the window to appear, on a busy machine.
_WINDOW_S = 20.0
_LOOK_S = 0.05


class Opened(msgspec.Struct, frozen=True):
    """What `License.activate` has opened.

    ``where`` is ``"window"``, ``"browser"``, or ``"nowhere"`` if there is neither, as over ssh:
    then show the ``url`` to the person, who can open it on any device. ``page`` says what is to be
    found there: the ``"checkout"``, a ``"sign_in"`` that has to come first (then call `activate`
    again), or the ``"portal"`` where a subscription that exists already is managed. ``url`` and
    ``page`` are None where the window leads through everything.
    """

    where: Literal["window", "browser", "nowhere"]
    url: str | None = None
    page: Literal["checkout", "sign_in", "portal"] | None = None


def launch_of(
    profile: Profile, paths: Paths, source: Path | str, environ: Mapping[str, str]
) -> Launch:
    """Return what the product's programs are started with. Raises StorageFailed.

    They read the profile from a file, so a profile that is a text is saved for them. That file
    decides nothing here: this program trusts the text.
    """
    path = source
    if isinstance(path, str):
        replace_atomically(paths.program_profile, path.encode())
        path = paths.program_profile
    return Launch(
        product_id=profile.product_id,
        product_name=profile.product_name,
        profile_path=str(path),
        home=str(paths.home) if paths.home else None,
        socket=paths.socket,
        environ=environ,
        digest=profile.digest,
    )


def activate(launch: Launch, plan: str | None) -> Opened:
    """Open the way to pay (`License.activate`).

    Raises NotInstalled, DaemonUnreachable, DaemonRefused, StorageFailed.
    """
    client, match = connect_or_start(launch)
    if match is Match.OTHER:
        warn(launch.product_name)
    with client:
        if plan is None and _opened_window(launch):
            return Opened("window")
        opened = _opened_page(client, plan, launch.environ)
    if opened.page != "portal" and _opened_window(launch):
        return msgspec.structs.replace(opened, where="window")
    return opened


def show(launch: Launch) -> None:
    """Open the window (`License.show`). Raises NotInstalled."""
    if find_program(launch.product_id, WINDOW) is None:
        raise NotInstalled(
            f"The window of {launch.product_name}'s license is not installed.",
            code="window_missing",
            remedy=f"Install {launch.product_name} again. "
            'In development: pip install "keystead[client]".',
        )
    if not _opened_window(launch):
        raise NotInstalled(
            f"The window of {launch.product_name}'s license can't be opened here.",
            code="window_missing",
            remedy="Use a computer with a screen, or the command: keystead status.",
        )


def _opened_page(client: LocalClient, plan: str | None, environ: Mapping[str, str]) -> Opened:
    """Open the page in the browser on which the person pays, or what has to come before."""
    try:
        checkout: Checkout = client.call(
            "checkout.start", CheckoutParams(plan=plan), timeout_s=_NETWORK_S
        )
    except DaemonRefused as refused:
        if refused.code in SIGN_IN_ERRORS:
            url = client.call("signin.start", timeout_s=_NETWORK_S).url
            return _shown(url, "sign_in", environ)
        if refused.code == "already_entitled":
            return _shown(_portal(client, refused), "portal", environ)
        raise
    return _shown(checkout.url, "checkout", environ)


def _portal(client: LocalClient, refused: DaemonRefused) -> str:
    """Return the page that manages the subscription that is there already."""
    try:
        answer: PortalAnswer = client.call("portal.open", PortalParams(), timeout_s=_NETWORK_S)
    except DaemonRefused:
        # Not every billing service has such a page. That it is paid for says more.
        raise refused from None
    return answer.url


def _shown(
    url: str | None, page: Literal["checkout", "sign_in", "portal"], environ: Mapping[str, str]
) -> Opened:
    opened = url is not None and open_link(url, environ)
    return Opened("browser" if opened else "nowhere", url, page)


def _opened_window(launch: Launch) -> bool:
    """Start the window and wait until it is there; return False if it can't be opened."""
    command = find_program(launch.product_id, WINDOW)
    # Qt's platform is named where there is no display server, as in tests and kiosks.
    if command is None or not ("QT_QPA_PLATFORM" in launch.environ or has_screen(launch.environ)):
        return False
    arguments = ["--profile", launch.profile_path]
    if launch.home is not None:
        arguments += ["--home", launch.home]
    address = launch.socket.with_name(WINDOW_SOCKET_NAME)
    is_open = _listens(address)
    try:
        process = subprocess.Popen(
            [*command, *arguments],
            env=launch.child_environ(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return _appeared(process, address, is_open=is_open)


def _appeared(process: subprocess.Popen[bytes], address: Path, *, is_open: bool) -> bool:
    """Wait until the window listens, or has handed over to one that is open."""
    limit = monotonic() + _WINDOW_S
    while monotonic() < limit:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_S) == 0
        if not is_open and _listens(address):
            break
    reap(process)
    return True


def _listens(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(os.fspath(address))
        except OSError:
            return False
    return True
