"""Why a TLS connection failed, as a code with values.

| code                | what is wrong                                                       |
| ------------------- | ------------------------------------------------------------------- |
| `tls_unknown_issuer`| an authority that this computer doesn't trust, such as a proxy's    |
| `tls_expired`       | the certificate has expired by this computer's clock                |
| `tls_not_yet_valid` | the certificate isn't valid yet by this computer's clock            |
| `tls_wrong_host`    | the certificate is for another host                                 |
| `tls_roots_missing` | `SSL_CERT_FILE` or `SSL_CERT_DIR` names nothing that can be read    |
| `tls_roots_invalid` | `SSL_CERT_FILE` holds no certificates                               |
| `tls_failed`        | anything else, such as a server without TLS                         |
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from pathlib import Path

from keystead.errors import BackendUnreachable, Values
from keystead_daemon.certificate_issuer import issuer_of


class _VerifyError(IntEnum):
    """OpenSSL's X509_V_ERR_… numbers."""

    NOT_YET_VALID = 9
    EXPIRED = 10
    WRONG_HOST = 62
    WRONG_ADDRESS = 64


_UNKNOWN_ISSUER = {2, 18, 19, 20, 21}

#: Returns the certificate (DER) that the server presents, unverified; None where it presents none.
FetchCertificate = Callable[[], Awaitable[bytes | None]]


async def diagnose(
    error: ssl.SSLError, *, host: str, environ: Mapping[str, str], certificate: FetchCertificate
) -> BackendUnreachable:
    """Return the error to raise for a failed handshake; ``certificate`` may connect again."""
    number = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    if number in _UNKNOWN_ISSUER:
        if roots := _roots_problem(environ):
            return roots
        issuer = issuer_of(await certificate() or b"")
        return _failed(code="tls_unknown_issuer", values={"issuer": issuer or "?", "host": host})
    values: Values = {"host": host}
    match number:
        case _VerifyError.EXPIRED:
            return _failed(code="tls_expired", values=values)
        case _VerifyError.NOT_YET_VALID:
            return _failed(code="tls_not_yet_valid", values=values)
        case _VerifyError.WRONG_HOST | _VerifyError.WRONG_ADDRESS:
            return _failed(code="tls_wrong_host", values=values)
        case _:
            return _failed(code="tls_failed", values=values)


def _roots_problem(environ: Mapping[str, str]) -> BackendUnreachable | None:
    """Return what is wrong with the root certificates that the environment names.

    OpenSSL ignores what it can't read there, and then trusts nobody.
    """
    file, folder = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except ssl.SSLError:
            return _failed(code="tls_roots_invalid", values={"file": file})
        except (OSError, ValueError):
            return _failed(code="tls_roots_missing", values={"file": file})
    elif folder and not any(_is_folder(one) for one in folder.split(os.pathsep)):
        return _failed(code="tls_roots_missing", values={"file": folder})
    return None


def _is_folder(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def _failed(*, code: str, values: Values) -> BackendUnreachable:
    return BackendUnreachable("The TLS connection failed.", code=code, values=values)
