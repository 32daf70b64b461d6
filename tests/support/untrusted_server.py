"""A TLS server with a self-signed certificate that refuses every request."""

from __future__ import annotations

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

#: A license status of a canceled customer, without a signature.
UNSIGNED_NO = {
    "active": False,
    "status": "canceled",
    "serverTime": 0,
    "reason": "canceled",
    "entitlement": None,
    "offlineGrace": None,
    "device": None,
    "license": None,
    "deviceAccessToken": None,
    "deviceAccessTokenExpiresAt": None,
    "deviceAccessTokenExpiresAtIso": None,
    "refreshAfterSeconds": 60,
}


class UntrustedServer:
    """A running server; ``heard`` holds the request lines that it received."""

    def __init__(self, url: str, certificate: Path) -> None:
        self.url = url
        self.certificate = certificate
        self.heard: list[str] = []


@contextmanager
def untrusted_server(folder: Path) -> Iterator[UntrustedServer]:
    """Run a server within the block; its certificate is in ``folder``."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            heard.append(self.rfile.readline(65537).decode("latin-1"))
            body = json.dumps(UNSIGNED_NO).encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n"
            head += "content-type: application/json\r\nconnection: close\r\n\r\n"
            self.wfile.write(head.encode() + body)
            self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    certificate = folder / "impostor.pem"
    server.socket = _tls(certificate).wrap_socket(server.socket, server_side=True)
    found = UntrustedServer(f"https://127.0.0.1:{server.server_port}", certificate)
    found.heard = heard
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _tls(pem: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    builder = builder.add_extension(place, critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    made = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
