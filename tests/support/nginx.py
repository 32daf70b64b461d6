"""A real nginx with a site's configuration, on a loopback port with a certificate of a test."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.fault_injection import require_program

_START_S = 60

_MAIN = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def adapted(site: str, *, port: int, backend: str, certificate: Path) -> str:
    """Return a site's configuration with another port, backend and certificate."""
    for pattern, text in (
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        (r"server_name [^;]+;", "server_name 127.0.0.1;"),
        (r"ssl_certificate [^;]+;", f"ssl_certificate {certificate};"),
        (r"ssl_certificate_key [^;]+;", f"ssl_certificate_key {certificate};"),
        (r"server 127\.0\.0\.1:8787;", f"server {backend.removeprefix('http://')};"),
    ):
        site, changed = re.subn(pattern, text, site)
        assert changed == 1, pattern
    return site


@contextmanager
def nginx(folder: Path, site: str, *, port: int, roots: Path) -> Iterator[None]:
    """Run nginx with this site within the block; `roots` verifies its certificate."""
    folder.mkdir()
    config = folder / "nginx.conf"
    config.write_text(_MAIN.format(folder=folder, site=site))
    program = require_program("nginx", "nginx-light")
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [program, "-c", str(config), "-p", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        _await(process, folder, port, ssl.create_default_context(cafile=str(roots)))
        yield
    finally:
        process.terminate()
        process.wait(_START_S)


def _await(
    process: subprocess.Popen[bytes], folder: Path, port: int, context: ssl.SSLContext
) -> None:
    while process.poll() is None:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=_START_S) as connection,
                context.wrap_socket(connection, server_hostname="127.0.0.1"),
            ):
                return
        except ConnectionRefusedError:
            continue
    raise AssertionError((folder / "said").read_text())
