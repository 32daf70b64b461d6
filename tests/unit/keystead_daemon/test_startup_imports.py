"""The daemon starts, and computes what it publishes, without OpenSSL."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import sys
from contextlib import suppress
from keystead_daemon import entry

with suppress(SystemExit):
    entry.main(["--help"])

from keystead.machine import binding
from keystead.trusted_time import NonceOpening, nonce_for

nonce_for(NonceOpening("boot", 1, "salt"))
binding("machine", b"/folder")
print([name for name in ("_hashlib", "ssl") if name in sys.modules], file=sys.stderr)
"""


def test_nonces_and_bindings_do_not_load_openssl() -> None:
    command = [sys.executable, "-c", _PROGRAM]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.stderr.strip() == "[]"
