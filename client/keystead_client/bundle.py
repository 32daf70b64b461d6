"""The diagnostics bundle for support: collected, redacted, and scanned before it is packed."""

from __future__ import annotations

import io
import json
import platform
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keystead.contract import STATUS_FIELDS
from keystead.errors import KeysteadError
from keystead_client import check_text
from keystead_client.context import Context
from keystead_client.doctor import Findings, license_on_disk
from keystead_client.json_members import members_of
from keystead_client.redaction import find_secrets, redact

_PACKAGES = (
    "keystead",
    "msgspec",
    "pynacl",
    "platformdirs",
    "httpx",
    "keyring",
    "apscheduler",
    "pyside6-essentials",
)
_PROXIES = {"http_proxy", "https_proxy", "all_proxy", "ftp_proxy"}
_NOTE = """\
What the program knows about its activation on this device, for the vendor's support.

doctor.json    the checks of `keystead doctor`
status.json    the activation as it is shown
license.json   what the signed license says
daemon.json    which daemon answered
versions.json  versions of the program, of Python, of the system
daemon.log     the newest lines of the daemon's log

Left out: tokens, keys, signed documents, email addresses, the queries of links, your name in
paths, and the names of other servers than the billing service's.
"""


def contents(findings: Findings, context: Context) -> dict[str, str]:
    """Return the files of the bundle by name, redacted.

    Raises KeysteadError (``secret_found``) if a scan still finds a secret.
    """
    files = {
        "README.txt": _NOTE,
        "doctor.json": _json(
            {
                "ok": findings.ok,
                "checks": [check_text.json_members(check) for check in findings.checks],
            }
        ),
        "versions.json": _json(_versions()),
        "license.json": _json(_license(context)),
        **_of_daemon(findings),
    }
    clean = _redactor(context)
    scrubbed = {name: clean(text) for name, text in files.items()}
    for name, text in scrubbed.items():
        if found := find_secrets(text):
            raise KeysteadError(
                f"The bundle still holds: {', '.join(found)}.",
                code="secret_found",
                values={"file": name},
            )
    return scrubbed


def zip_archive(files: Mapping[str, str]) -> bytes:
    """Return the files as a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"keystead-diagnostics/{name}", text)
    return buffer.getvalue()


def as_text(files: Mapping[str, str]) -> str:
    """Return the files one after another, to paste into a mail."""
    return "\n".join(f"== {name} ==\n{text.rstrip()}\n" for name, text in files.items())


def _of_daemon(findings: Findings) -> dict[str, str]:
    if findings.daemon is None:
        return {}
    activation = findings.daemon.activation
    return {
        "daemon.json": _json(members_of(findings.daemon.info)),
        "status.json": _json({field: activation.get(field) for field in STATUS_FIELDS}),
        "daemon.log": "\n".join(findings.daemon.log),
    }


def _license(context: Context) -> dict[str, Any]:
    try:
        found = license_on_disk(context)
    except KeysteadError as error:
        return {"ok": False, "code": error.code}
    return members_of(found) if found else {"ok": False, "code": "no_license"}


def _versions() -> dict[str, object]:
    return {
        "system": platform.platform(),
        "python": sys.version,
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _redactor(context: Context) -> Callable[[str], str]:
    environ = context.environ
    try:
        backend, product = context.profile.backend_url, context.profile.product_id
    except KeysteadError:
        backend = product = ""
    return partial(
        redact,
        backend=backend,
        home=str(Path.home()),
        keep={product},
        names={platform.node(), *_proxies(environ)},
        user=environ.get("USER") or environ.get("USERNAME") or "",
    )


def _proxies(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the hosts of the proxies that the environment names."""
    for name, value in environ.items():
        if name.lower() in _PROXIES:
            with suppress(ValueError):
                yield urlsplit(value).hostname or ""


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
