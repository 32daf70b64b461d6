"""`keystead-stub serve`: bind the address, build the stub, serve, and then announce the URL."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from keystead_stub.app import Options, Stub, build
from keystead_stub.billing.vendor import vendor_files
from keystead_stub.billing_apis.common.key_problems import key_problems
from keystead_stub.commands import exposures, generated_secrets
from keystead_stub.http import server as serving
from keystead_stub.http.exposure import Exposure
from keystead_stub.http.json_log import log_to_stderr
from keystead_stub.ops import config_file, production_values, run_files
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY, to_url

_STOPS = (signal.SIGINT, signal.SIGTERM)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises KeysteadError if the stub can't start."""
    with ExitStack() as stack:
        vendor = vendor_files.load(arguments.profile, arguments.catalogue)
        api = arguments.api or vendor.billing_api
        config = config_file.load(arguments.config, environ)
        reached = exposures.read(
            environ,
            host=arguments.host,
            public_url=arguments.public_url,
            trusted_proxies=arguments.trusted_proxies,
            config=config,
        )
        database = to_url(
            arguments.database
            or environ.get(production_values.DATABASE)
            or config.database
            or IN_MEMORY
        )
        # The folder stays after the process ends, because a client that is started then still needs
        # its profile to find out that the stub is unreachable.
        folder = generated_secrets.folder_beside(database) or Path(
            tempfile.mkdtemp(prefix="keystead-stub-")
        )
        random = generated_secrets.byte_source(database, backup_taken=arguments.backup_taken)
        # Bound before the settings are read, whose default URLs contain the port.
        listening = stack.enter_context(serving.bind(arguments.host, arguments.port))
        url = serving.address(listening)
        exposure = reached.at(url)
        settings = Settings.load(
            config.under(environ),
            url=url,
            public_url=exposure.public_url,
            random=random,
            latest=config_file.latest_date(),
        )
        options = Options(
            url=url,
            exposure=exposure,
            config=config.path,
            api=api,
            vendor=vendor,
            database=database,
            backup_taken=arguments.backup_taken,
        )
        stub = build(settings, options)
        stack.callback(stub.close)
        files = run_files.write(
            folder,
            keys=stub.services.keys,
            vendor=vendor.profile_text,
            api=api,
            url=exposure.public_url,
            simulated=stub.services.simulated,
        )
        drain = serving.Drain(delay_s=arguments.drain_delay, limit_s=arguments.drain_limit)
        _serve(stub, exposure, listening, files, drain=drain, as_json=arguments.json)
    return 0


def _serve(
    stub: Stub,
    exposure: Exposure,
    listening: socket.socket,
    files: run_files.RunFiles,
    *,
    drain: serving.Drain,
    as_json: bool,
) -> None:
    log_to_stderr()
    server = serving.server(
        stub.asgi,
        lambda: _announce(stub, exposure, files, as_json=as_json),
        on_stopping=stub.services.readiness.drain,
        drain=drain,
    )
    for number in _STOPS:
        signal.signal(number, lambda *_: server.stop())
    server.run(sockets=[listening])


def _announce(stub: Stub, exposure: Exposure, files: run_files.RunFiles, *, as_json: bool) -> None:
    if as_json:
        line = {
            # Where it listens: its proxy and its controls need that one.
            "url": exposure.url,
            "profile": str(files.profile),
            "keys": str(files.keys),
            "pid": os.getpid(),
        }
        if exposure.behind_proxy:
            line["publicUrl"] = exposure.public_url
        # Flushed, because a program that waits for this line reads it from a pipe.
        print(json.dumps(line), flush=True)
    else:
        print(f"Billing API   {exposure.public_url}")
        if exposure.behind_proxy:
            print(f"Listening on  {exposure.url}")
        print(f"Console       {exposure.url}/_stub/")
        print(f"Profile       {files.profile}")
        print(f"Public keys   {files.keys}", flush=True)
    # On stderr, so that the output stays one line of JSON.
    for problem in key_problems(stub.services, stub.services.now_ms()):
        print(f"{problem}.", file=sys.stderr, flush=True)
    settings = stub.services.settings
    if names := settings.generated_for_callers:
        print(f"Generated for callers: {', '.join(names)}", file=sys.stderr, flush=True)
    if names := settings.generated:
        print(f"Generated for this run: {', '.join(names)}", file=sys.stderr, flush=True)
