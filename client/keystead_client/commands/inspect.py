"""``keystead inspect``: verify signed documents, one a line, without daemon or network."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import BinaryIO

import msgspec

from keystead.encoding import InvalidEncoding, b64u_decode
from keystead.errors import InvalidInput, StorageFailed
from keystead.files import read_file
from keystead.hints import KEYS_STALE
from keystead.inspection import Inspection, inspect_document
from keystead.instants import MAX_MS, SECOND_MS, from_iso, iso
from keystead.jose import MAX_BYTES
from keystead.keys import KeySet
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.formats import printable
from keystead_client.output import Output

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_MAX_KEYS_BYTES = 1024 * 1024
# Milliseconds below this are in March 1973 or before, when no document was issued; as seconds they
# reach the year 5138. So claims, which are in seconds, can be passed as they are.
_SECONDS_BELOW = 10**11

_encode = msgspec.json.Encoder().encode


def inspect(args: Namespace, context: Context, out: Output) -> int:
    now_ms = time_ns() // 1_000_000 if args.at is None else instant(args.at)
    device = None if args.device is None else _device(args.device)
    keys = _keys(args.keys)
    outcomes: set[int] = set()
    with _opened(args.file) as stream:
        for line in documents(stream):
            found = inspect_document(line, keys=keys, now_ms=now_ms, device=device)
            outcomes.add(_outcome(found))
            if args.json:
                sys.stdout.buffer.write(_encode(found) + b"\n")
            else:
                out.say(_sentence(found))
    if not outcomes:
        raise InvalidInput("There is no document to inspect.", code="no_document")
    return exit_codes.worst(outcomes)


def instant(text: str) -> int:
    """Parse an instant and return epoch ms.

    It is in RFC 3339 or an integer: ms, or seconds if it is below 10¹¹. Raises InvalidInput.
    """
    try:
        if text.isascii() and text.isdigit():
            number = int(text[:20])
            ms = number * SECOND_MS if number < _SECONDS_BELOW else number
        else:
            ms = from_iso(text)
    except (ValueError, OverflowError):
        ms = -1
    if not 0 <= ms <= MAX_MS:
        raise InvalidInput(
            "--at takes an RFC 3339 instant with its offset, or epoch milliseconds.", code="usage"
        )
    return ms


def documents(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the stream's lines without line ends; blank lines are skipped.

    Of a line longer than any document only the beginning is kept, one byte over the limit, so that
    it is refused as too large.
    """
    first = True
    while line := stream.readline(MAX_BYTES + 2):
        whole = line.endswith(b"\n")
        while not whole and (rest := stream.readline(MAX_BYTES)):
            whole = rest.endswith(b"\n")
        if first:
            line, first = line.removeprefix(_BYTE_ORDER_MARK), False
        line = line.removesuffix(b"\n").removesuffix(b"\r")
        if line.strip():
            yield line


def _opened(name: str) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None


def _keys(name: str) -> KeySet:
    try:
        data = read_file(Path(name), _MAX_KEYS_BYTES)
    except (StorageFailed, ValueError) as error:
        raise _unreadable(name, error.__cause__ or error) from None
    if data is None:
        raise _unreadable(name, None)
    return KeySet.from_jwks(data.removeprefix(_BYTE_ORDER_MARK))


def _device(text: str) -> str:
    try:
        right = len(b64u_decode(text)) == 32
    except InvalidEncoding:
        right = False
    if not right:
        raise InvalidInput("--device takes a key thumbprint (RFC 7638, SHA-256).", code="usage")
    return text


def _outcome(found: Inspection) -> int:
    if not found.ok:
        return exit_codes.ERROR
    if found.activation is None:
        return exit_codes.USABLE
    return exit_codes.of_activation(found.activation.state, found.activation.usable)


def _sentence(found: Inspection) -> str:
    typ = printable(found.typ or "unreadable")
    if not found.ok or found.claims is None:
        return f"refused  {typ}  {found.code}"
    if found.activation is None:
        ended = "  ended, its keys still count" if found.code == KEYS_STALE else ""
        return f"genuine  {typ}{ended}"
    activation = found.activation
    until = f" until {iso(activation.until)}" if activation.until is not None else ""
    return f"genuine  {typ}  {activation.state}{until} ({printable(activation.reason)})"


def _unreadable(name: str, error: BaseException | None) -> InvalidInput:
    why = getattr(error, "strerror", None) or "there is no such file"
    values = {"file": name, "why": why}
    return InvalidInput("The file could not be read.", code="unreadable", values=values)
