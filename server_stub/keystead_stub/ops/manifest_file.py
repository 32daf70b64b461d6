"""Files with key manifests, which the backend serves as they are.

They are read at each request: a file that was replaced counts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from keystead.errors import InvalidInput, StorageFailed
from keystead.files import read_file
from keystead.jose import MAX_BYTES
from keystead.keys import KeySet
from keystead_stub.ops.key_manifests import ReadManifest, parse


def read(path: str) -> ReadManifest:
    """Read a manifest from its file.

    Raises InvalidInput (``no_such_file``, ``invalid_manifest``) or StorageFailed.
    """
    file = Path(path)
    data = read_file(file, MAX_BYTES + 2)
    if data is None:
        raise InvalidInput(f"There is no file {file.name}.", code="no_such_file")
    return parse(data, file.name)


def find(paths: Sequence[str], product: str | None) -> ReadManifest:
    """Return the manifest for a program with this product id, or else the first one.

    Programs of another product get the first one, too, because they can say what is wrong with it.
    Raises as `read` where it has to be that one.
    """
    if product is not None:
        for path in paths:
            try:
                manifest = read(path)
            # Another file may be for this product.
            except (InvalidInput, StorageFailed):
                continue
            if manifest.product == product:
                return manifest
    return read(paths[0])


def read_all(paths: Sequence[str]) -> list[ReadManifest | str]:
    """Return the manifests in the order of their files, or the sentence why one is unusable."""
    found: list[ReadManifest | str] = []
    for path in paths:
        try:
            found.append(read(path))
        except (InvalidInput, StorageFailed) as error:
            found.append(error.sentence.rstrip("."))
    return found


def read_keys(paths: Sequence[str], is_ours: Callable[[str], bool]) -> KeySet:
    """Return the keys that the manifests for our audiences name; an unusable file names none."""
    found = (one for one in read_all(paths) if isinstance(one, ReadManifest))
    return KeySet(key for one in found if is_ours(one.product) for key in one.keys)
