"""`keystead-stub keys`: signing secrets, root keys and key manifests (specification §2.4, §12.1).

Nothing here needs a running stub, a database or the network: root keys belong on a machine that is
offline.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keystead.errors import InvalidInput
from keystead.instants import iso
from keystead.key_manifest import DEFAULT_DAYS, MAX_DAYS, MAX_VERSION, sign_key_manifest
from keystead.keys import SEED_BYTES, KeySet, PublicKey, SigningKey
from keystead.product_names import product_id_problem
from keystead_stub.ops import key_files
from keystead_stub.ops.key_files import KeyFile
from keystead_stub.store.signing_secrets import VARIABLE, signing_keys


def add_parser(commands: Any) -> None:
    """Add the command and its actions to the command line."""
    actions = commands.add_parser(
        "keys", help="create signing and root keys, print public keys, sign key manifests"
    ).add_subparsers(required=True, metavar="ACTION")
    for name, text in (
        ("new", "create a signing secret, and print its public key as a JWK Set"),
        ("root", "create a root key for key manifests, and print its public key as a JWK Set"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--out", metavar="FILE", type=Path, required=True, help="file to write")
        action.set_defaults(run=create)
    _add_show(actions)
    _add_manifest(actions)


def _add_show(actions: Any) -> None:
    action = actions.add_parser("show", help="print public keys as a JWK Set")
    action.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="*",
        help=f"file with secrets, a JWK Set or a key manifest (default: the secrets in {VARIABLE})",
    )
    action.set_defaults(run=show)


def _add_manifest(actions: Any) -> None:
    action = actions.add_parser("manifest", help="sign a key manifest with a root key")
    action.add_argument(
        "--root", metavar="FILE", type=Path, required=True, help="file with the root key's secret"
    )
    action.add_argument(
        "--keys",
        metavar="FILE",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="signing secrets and JWK Sets: all keys that count from now on",
    )
    action.add_argument(
        "--version",
        metavar="N",
        type=_number(1, MAX_VERSION),
        required=True,
        help="number of the manifest, higher than that of any before it",
    )
    action.add_argument(
        "--product", metavar="ID", required=True, help="product id, as in the profile"
    )
    action.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help="file to write or replace"
    )
    action.add_argument(
        "--days",
        type=_number(1, MAX_DAYS),
        default=DEFAULT_DAYS,
        help=f"days until it ends, at most {MAX_DAYS} (default: %(default)s)",
    )
    action.set_defaults(run=sign)


def create(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Write a new secret and print its public JWK Set. Raises InvalidInput, StorageFailed."""
    key = key_files.create_secret(arguments.out, secrets.token_bytes(SEED_BYTES))
    _print([key.public_key])
    return 0


def show(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Print the public keys of files, or of the environment's secrets. Raises KeysteadError."""
    if arguments.files:
        files = [key_files.read(path) for path in arguments.files]
        for file in files:
            if (manifest := file.manifest) is not None:
                # On stderr, so that the output stays a JWK Set.
                print(
                    f"{file.name}: version {manifest.version} for {manifest.product}, until "
                    f"{iso(manifest.ends_at)}. Its signature was not checked.",
                    file=sys.stderr,
                )
        _print(key_files.union(files))
    else:
        _print([key.public_key for key in signing_keys(environ.get(VARIABLE, ""))])
    return 0


def sign(arguments: argparse.Namespace, _environ: Mapping[str, str]) -> int:
    """Sign a manifest and write it. Raises InvalidInput or StorageFailed, and writes nothing."""
    out: Path = arguments.out
    if (problem := product_id_problem(arguments.product)) is not None:
        raise InvalidInput(f"--product: {problem}.", code="invalid_product")
    root = _root(arguments.root)
    files = [_signing(path) for path in arguments.keys]
    keys = _distinct(files)
    _check_replaceable(out, product=arguments.product, version=arguments.version)
    now_s = int(time.time())
    compact = sign_key_manifest(
        root,
        keys=KeySet(keys),
        version=arguments.version,
        product=arguments.product,
        issued_s=now_s,
        days=arguments.days,
    )
    key_files.replace_public(out, f"{compact}\n".encode())
    until = time.strftime("%Y-%m-%d", time.gmtime(now_s + arguments.days * 86_400))
    number = "1 key" if len(keys) == 1 else f"{len(keys)} keys"
    print(f"{out}: version {arguments.version} for {arguments.product}, {number}, until {until}")
    return 0


def _root(path: Path) -> SigningKey:
    file = key_files.read(path)
    if len(file.signing) != 1:
        raise InvalidInput(
            f"{path} is not a root key's secret.",
            code="invalid_root",
            remedy="Create one with `keystead-stub keys root --out FILE`.",
        )
    if key_files.is_open_to_others(path):
        print(f"Other users can access {path}. Run: chmod 600 {path}", file=sys.stderr)
    return file.signing[0]


def _signing(path: Path) -> KeyFile:
    file = key_files.read(path)
    if file.manifest is not None:
        # Its signature was not checked, so its keys may be anyone's.
        raise InvalidInput(
            f"{path} is a key manifest. --keys takes signing secrets and JWK Sets.",
            code="invalid_key_file",
        )
    return file


def _distinct(files: Sequence[KeyFile]) -> list[PublicKey]:
    """Return all keys. Raises InvalidInput (``duplicate_key``) where one is there twice."""
    found: list[tuple[PublicKey, str]] = []
    for file in files:
        for key in file.public:
            for other, name in found:
                if other.raw == key.raw:
                    raise InvalidInput(
                        f"The key {key.kid} is there twice, in {name} and in {file.name}.",
                        code="duplicate_key",
                        remedy="Name each key once.",
                    )
            found.append((key, file.name))
    # Two different keys of one kid.
    key_files.union(files)
    return [key for key, _ in found]


def _check_replaceable(out: Path, *, product: str, version: int) -> None:
    """Raise InvalidInput unless there is no file, or an earlier manifest for this product."""
    try:
        known = key_files.read(out).manifest
    except InvalidInput as error:
        if error.code == "no_such_file":
            return
        known = None
    if known is None:
        raise InvalidInput(
            f"{out} exists, and is not a key manifest.",
            code="file_exists",
            remedy="Choose another name for --out.",
        )
    if known.product != product:
        raise InvalidInput(
            f"{out} is the key manifest of another product, {known.product}.",
            code="wrong_product",
            remedy="Choose another name for --out.",
        )
    if known.version >= version:
        raise InvalidInput(
            f"{out} has version {known.version}. Programs refuse a version that is not higher.",
            code="superseded",
            remedy=f"Use --version {known.version + 1}.",
        )


def _print(keys: Sequence[PublicKey] | KeySet) -> None:
    print(KeySet(keys).to_jwks().decode())


def _number(least: int, most: int) -> Any:
    """Return an argument type that takes integers of this range."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"use a number from {least} to {most}")
        return number

    return parse
