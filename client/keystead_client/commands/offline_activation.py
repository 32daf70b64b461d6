"""``keystead import`` and ``keystead request``: activate by a file or a code, without a network."""

from __future__ import annotations

import sys
from argparse import Namespace
from io import StringIO
from pathlib import Path

from keystead.bootstrap import decode_text
from keystead.errors import InvalidInput
from keystead.files import read_file, replace_atomically
from keystead.license_file import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS, license_in
from keystead.local_api import ImportParams, RequestFile
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.formats import printable
from keystead_client.output import Output
from keystead_client.status_output import print_status
from keystead_client.terminal_messages import tr


def import_license(args: Namespace, context: Context, out: Output) -> int:
    document = _document(args.file)
    with context.connect() as client:
        view = client.call("activation.import", ImportParams(document=document))
    return print_status(view, out)


def write_request(args: Namespace, context: Context, out: Output) -> int:
    """Write the request to a file or to stdout, and with ``--qr`` show it as a QR code."""
    if args.file is None and not args.qr:
        raise InvalidInput(tr("terminal.no_file_name"), code="usage")
    with context.connect() as client:
        answer: RequestFile = client.call("activation.request")
    if args.file == "-":
        out.say(answer.request)
    elif args.file is not None:
        replace_atomically(_path(args.file), f"{answer.request}\n".encode())
        out.say(tr("terminal.written", name=printable(args.file)))
        out.say(tr("terminal.hand_in"))
    if args.qr:
        _show(answer.link, out)
    members = {"file": args.file, "link": answer.link}
    out.object(members | ({"request": answer.request} if args.file == "-" else {}))
    return exit_codes.USABLE


def _show(link: str, out: Output) -> None:
    import segno

    picture = StringIO()
    segno.make_qr(link, error="l").terminal(picture, compact=True)
    out.say(tr("terminal.follow"))
    out.say(link)
    out.say(picture.getvalue())


def _document(name: str) -> str:
    limit = MAX_FILE_BYTES
    data = sys.stdin.buffer.read(limit + 1) if name == "-" else read_file(_path(name), limit)
    if data is None:
        raise InvalidInput("There is no such file.", code="no_file", values={"file": name})
    if len(data) > limit:
        raise InvalidInput("The file is too large.", code="file_too_large")
    try:
        text = license_in(decode_text(data))
    except UnicodeDecodeError:
        raise InvalidInput(tr("terminal.no_license"), code="malformed") from None
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidInput("The file is too large.", code="file_too_large")
    return text


def _path(name: str) -> Path:
    if "\0" in name or not name:
        raise InvalidInput(tr("terminal.no_file_name"), code="usage")
    return Path(name).absolute()
