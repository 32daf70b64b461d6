"""`keystead-stub keys`: print the public keys that clients pin, or a new signing secret."""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Mapping

from keystead.encoding import b64u_encode
from keystead.keys import SEED_BYTES, KeySet
from keystead_stub.settings import Settings


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the JWK Set of NYRA_LICENSE_SIGNING_SECRET or, with `--new`, a new secret."""
    if arguments.new:
        print(b64u_encode(secrets.token_bytes(SEED_BYTES)))
        return 0
    secret = environ.get("NYRA_LICENSE_SIGNING_SECRET", "")
    keys = Settings(license_signing_secret=secret).signing_keys()
    print(KeySet([key.public_key for key in keys]).to_jwks().decode())
    return 0
