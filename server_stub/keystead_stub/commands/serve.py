"""`keystead-stub serve`: bind, build, answer, and only then say where."""

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
from keystead_stub.commands import generated_secrets
from keystead_stub.http import server as serving
from keystead_stub.ops import config_file, production_values, run_files
from keystead_stub.settings import Settings
from keystead_stub.store.engine import IN_MEMORY, to_url

_STOPS = (signal.SIGINT, signal.SIGTERM)


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT. Raises InvalidInput for what cannot be served."""
    with ExitStack() as stack:
        config = config_file.load(arguments.config, environ)
        database = to_url(
            arguments.database
            or environ.get(production_values.DATABASE)
            or config.database
            or IN_MEMORY
        )
        kept = generated_secrets.folder_beside(database)
        # The folder stays when we go: a client may find out only then that nobody answers, and
        # needs its profile for that.
        folder = kept or Path(tempfile.mkdtemp(prefix="keystead-stub-"))
        make = generated_secrets.maker(database, backup_taken=arguments.backup_taken)
        listening = stack.enter_context(serving.bind(arguments.host, arguments.port))
        url = serving.address(listening)
        settings = Settings.load(config.under(environ), url=url, make=make)
        options = Options(
            url=url,
            config=config.path,
            api=arguments.api,
            database=database,
            backup_taken=arguments.backup_taken,
        )
        stub = build(settings, options)
        stack.callback(stub.close)
        files = run_files.write(
            folder,
            keys=stub.services.keys,
            product=stub.services.terms.audience,
            api=arguments.api,
            url=url,
        )
        _serve(stub, listening, files, as_json=arguments.json)
    return 0


def _serve(
    stub: Stub, listening: socket.socket, files: run_files.RunFiles, *, as_json: bool
) -> None:
    server = serving.server(stub.asgi, lambda: _announce(stub, files, as_json=as_json))
    for number in _STOPS:
        signal.signal(number, lambda *_: server.stop())
    server.run(sockets=[listening])


def _announce(stub: Stub, files: run_files.RunFiles, *, as_json: bool) -> None:
    invented = stub.services.settings.made
    if as_json:
        line = {
            "url": files.url,
            "profile": str(files.profile),
            "keys": str(files.keys),
            "pid": os.getpid(),
        }
        print(json.dumps(line), flush=True)
    else:
        print(f"Billing API   {files.url}")
        print(f"Console       {files.url}/_stub/")
        print(f"Profile       {files.profile}")
        print(f"Public keys   {files.keys}", flush=True)
    of_callers = stub.services.settings.made_for_callers
    if of_callers:
        print(f"Made for callers: {', '.join(of_callers)}", file=sys.stderr, flush=True)
    if invented:
        print(f"Made for this run: {', '.join(invented)}", file=sys.stderr, flush=True)
