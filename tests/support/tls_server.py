"""TLS servers with certificates made for a test: valid, or wrong in exactly one way."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_DAY = datetime.timedelta(days=1)


class Authority:
    """A certificate authority; ``roots`` is its own certificate, for ``SSL_CERT_FILE``."""

    def __init__(self, folder: Path, organization: str | None = "Keystead Test Authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Root")]
        if organization is not None:
            attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
        self.name = x509.Name(attributes)
        self.roots = folder / f"roots-{id(self):x}.pem"
        self.roots.write_bytes(
            self._sign(self.name, self._key, is_authority=True).public_bytes(_PEM)
        )

    def server_context(
        self, host: str = "127.0.0.1", lifetime_days: tuple[int, int] = (-1, 1)
    ) -> ssl.SSLContext:
        """Return a server's TLS context, with a certificate for ``host`` and that lifetime."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file(host, lifetime_days))
        return context

    def server_file(
        self, host: str = "127.0.0.1", lifetime_days: tuple[int, int] = (-1, 1)
    ) -> Path:
        """Return a PEM file with a server's key and its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server")])
        certificate = self._sign(subject, key, host, lifetime_days=lifetime_days)
        private = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"server-{certificate.serial_number:x}.pem"
        file.write_bytes(private + certificate.public_bytes(_PEM))
        return file

    def certificate(self, host: str = "127.0.0.1") -> bytes:
        """Return a certificate in DER."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._sign(self.name, key, host).public_bytes(serialization.Encoding.DER)

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        host: str = "authority.test",
        *,
        lifetime_days: tuple[int, int] = (-1, 1),
        is_authority: bool = False,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        limits = x509.BasicConstraints(ca=is_authority, path_length=None)
        return (
            x509.CertificateBuilder(
                self.name, subject, key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(now + lifetime_days[0] * _DAY)
            .not_valid_after(now + lifetime_days[1] * _DAY)
            .add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
            .add_extension(limits, critical=True)
            .sign(self._key, hashes.SHA256())
        )


_PEM = serialization.Encoding.PEM


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class TlsServer:
    """``url`` is where it listens; ``requests`` holds the request lines that it received."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"https://127.0.0.1:{port}"
        self.requests: list[str] = []


@contextmanager
def tls_server(context: ssl.SSLContext, body: bytes = b"{}") -> Iterator[TlsServer]:
    """Run a server that answers every request with ``body``, within the block."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            line = self.rfile.readline(65537).decode("latin-1")
            if line:
                found.requests.append(line)
                head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n"
                head += "content-type: application/json\r\nconnection: close\r\n\r\n"
                self.wfile.write(head.encode() + body)
            self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Ignore clients that refuse the certificate."""

    server = Server(("127.0.0.1", 0), Handler)
    # The handshake is the handler's: a client that breaks it off must stop nobody else.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    found = TlsServer(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
