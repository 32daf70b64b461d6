"""What talks to the backend, put together: imported when it is first needed."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable

from keystead.local_api import DaemonInfo
from keystead.paths import Paths
from keystead.sign_in import AuthorizationServer
from keystead_daemon.authorization import Authorization
from keystead_daemon.backend_methods import BackendMethods
from keystead_daemon.backends.client import Client
from keystead_daemon.backends.dialect import dialect_of
from keystead_daemon.backends.licenses import LicenseApi
from keystead_daemon.diagnostics import Diagnosis
from keystead_daemon.logs import Log
from keystead_daemon.runner import Runner
from keystead_daemon.sign_in_flow import SignInFlow
from keystead_daemon.token_revocation import TokenRevoker
from keystead_daemon.transport import Transport
from keystead_daemon.version import VERSION

_DEVICE_NAME_CHARACTERS = 64


def connect(
    runner: Runner,
    transport: Transport,
    *,
    info: DaemonInfo,
    paths: Paths,
    server: AuthorizationServer | None,
    offline_page: str,
    proxy: Callable[[], str],
    log: Log,
) -> BackendMethods:
    """The methods that talk to the backend that ``info`` names; ``server`` signs people in."""
    client = Client(
        info.backend_url,
        transport,
        random=os.urandom,
        proxy=proxy,
        agent=f"keysteadd/{VERSION}",
    )
    licenses, api = LicenseApi(client), info.billing_api
    return BackendMethods(
        runner,
        licenses,
        dialect_of(api),
        Authorization(runner, client, server=server, billing_api=api),
        Diagnosis(licenses, info=info, log_file=paths.log_file),
        signing_in=SignInFlow(runner, client, server=server, billing_api=api, random=os.urandom),
        revoking=TokenRevoker(client, server=server, log=log),
        info=info,
        device_name=_device_name(),
        offline_page=offline_page,
        random=os.urandom,
    )


def _device_name() -> str:
    """What the machine calls itself: shown in the list of devices, and nothing is bound to it."""
    return socket.gethostname()[:_DEVICE_NAME_CHARACTERS] or "unnamed"
