"""Files with signing secrets, public keys and key manifests, as `keystead-stub keys` uses them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec

from keystead.encoding import InvalidEncoding, b64u_encode, decode_object
from keystead.errors import InvalidInput, StorageFailed
from keystead.files import NO_FOLLOW, PRIVATE_FILE, read_file
from keystead.keys import KeySet, PublicKey, SigningKey
from keystead_stub.ops.key_manifests import ReadManifest, parse
from keystead_stub.store.signing_secrets import signing_keys

MAX_BYTES = 64 * 1024
#: A manifest and public keys may be read by the user that serves them.
_PUBLIC_FILE = 0o644
#: Members of a JWK that hold a private or a symmetric key (RFC 7518 §6.2 to §6.4, RFC 8037 §2).
_PRIVATE_MEMBERS = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})


class KeyFile(msgspec.Struct, frozen=True, kw_only=True):
    """The keys in a file; `signing` holds those whose secrets it has."""

    name: str
    public: tuple[PublicKey, ...]
    signing: tuple[SigningKey, ...] = ()
    manifest: ReadManifest | None = None


def read(path: Path) -> KeyFile:
    """Read secrets, a JWK Set or a key manifest.

    Raises StorageFailed, or InvalidInput (``invalid_key_file``, ``invalid_signing_secret``,
    ``private_key``) which quotes nothing of the content.
    """
    data = _content(path)
    if data.startswith(b"{"):
        return KeyFile(name=path.name, public=_public_keys(data, path.name))
    if data.count(b".") == 2:
        manifest = parse(data, path.name)
        return KeyFile(name=path.name, public=tuple(manifest.keys), manifest=manifest)
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        raise _unknown(path.name) from None
    found = signing_keys(text, path.name)
    return KeyFile(name=path.name, public=tuple(key.public_key for key in found), signing=found)


def is_open_to_others(path: Path) -> bool:
    """Return whether other users can read or write the file. False on Windows, which has ACLs."""
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def union(files: Iterable[KeyFile]) -> KeySet:
    """Return all keys, each once. Raises InvalidInput (``invalid_keys``) for an ambiguous kid."""
    found: dict[str, PublicKey] = {}
    for file in files:
        for key in file.public:
            if found.setdefault(key.kid, key).raw != key.raw:
                raise InvalidInput(
                    f"Two different keys have the kid {key.kid}.", code="invalid_keys"
                )
    return KeySet(found.values())


def create_secret(path: Path, seed: bytes) -> SigningKey:
    """Write a new secret that this user alone can read, and return its key.

    Raises InvalidInput (``file_exists``), whatever is there, and StorageFailed.
    """
    _create(path, f"{b64u_encode(seed)}\n".encode(), PRIVATE_FILE)
    return SigningKey(seed)


def replace_public(path: Path, data: bytes) -> None:
    """Write a file that everybody may read, whole or not at all. Raises StorageFailed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    _create(temporary, data, _PUBLIC_FILE)
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _failed(path, error) from error


def _create(path: Path, data: bytes, mode: int) -> None:
    try:
        # Exclusive, so that no file is overwritten and no symbolic link is followed.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, mode)
    except FileExistsError:
        raise InvalidInput(
            f"{path} exists, and is not overwritten.",
            code="file_exists",
            remedy="Choose another name, or move the file away.",
        ) from None
    except OSError as error:
        raise _failed(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _failed(path, error) from error


def _content(path: Path) -> bytes:
    data = read_file(path, MAX_BYTES)
    if data is None:
        raise InvalidInput(f"There is no file {path}.", code="no_such_file")
    if len(data) > MAX_BYTES:
        raise _unknown(path.name)
    return data.strip()


def _public_keys(data: bytes, name: str) -> tuple[PublicKey, ...]:
    try:
        members = decode_object(data).get("keys")
    except InvalidEncoding:
        raise _unknown(name) from None
    jwks = members if isinstance(members, list) else []
    if any(isinstance(jwk, dict) and _PRIVATE_MEMBERS & jwk.keys() for jwk in jwks):
        raise InvalidInput(
            f"{name} has the private part of a key.",
            code="private_key",
            remedy="Remove it, and replace that key if others may have seen the file.",
        )
    try:
        return tuple(KeySet.from_jwks(data))
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error.sentence}", code=error.code) from None


def _unknown(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name} is neither a signing secret, nor a JWK Set, nor a key manifest.",
        code="invalid_key_file",
    )


def _failed(path: Path, error: OSError) -> StorageFailed:
    return StorageFailed(f"Can't write {path}: {error.strerror}.")
