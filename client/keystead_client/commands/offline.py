"""``keystead import`` and ``keystead request``: activation by file, without a network."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from keystead import jose
from keystead.errors import InvalidInput
from keystead.files import read_whole, replace_whole
from keystead.local_api import ImportParams
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.formatting import printable
from keystead_client.members import members_of
from keystead_client.output import Output
from keystead_client.status_output import print_status
from keystead_client.terminal_words import WORDS

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def import_license(args: Namespace, context: Context, out: Output) -> int:
    document = _document(args.file)
    with context.connect() as client:
        view = client.call("activation.import", ImportParams(document=document))
    return print_status(members_of(view), out)


def write_request(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        text: str = client.call("activation.request").request
    if args.file == "-":
        out.say(text)
    else:
        replace_whole(_path(args.file), f"{text}\n".encode())
        out.say(WORDS("terminal.written", name=printable(args.file)))
        out.say(WORDS("terminal.hand_in"))
    out.object({"file": args.file} | ({"request": text} if args.file == "-" else {}))
    return exit_codes.USABLE


def _document(name: str) -> str:
    # Room for what mail programs put around it.
    limit = 2 * jose.MAX_BYTES
    data = sys.stdin.buffer.read(limit + 1) if name == "-" else read_whole(_path(name), limit)
    if data is None:
        raise InvalidInput("There is no such file.", code="no_file", values={"file": name})
    if len(data) > limit:
        raise InvalidInput("The file is too large.", code="file_too_large")
    try:
        return data.removeprefix(_BYTE_ORDER_MARK).decode("ascii").strip()
    except UnicodeDecodeError:
        raise InvalidInput(WORDS("terminal.no_license"), code="malformed") from None


def _path(name: str) -> Path:
    if "\0" in name or not name:
        raise InvalidInput(WORDS("terminal.no_file_name"), code="usage")
    return Path(name).absolute()
