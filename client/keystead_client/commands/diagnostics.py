"""``keystead diagnostics FILE.zip``: save what support needs, without secrets."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from keystead.errors import InvalidInput
from keystead.files import replace_atomically
from keystead_client import bundle, exit_codes
from keystead_client.context import Context
from keystead_client.doctor import examine
from keystead_client.formats import printable
from keystead_client.output import Output
from keystead_client.terminal_messages import tr


def diagnostics(args: Namespace, context: Context, out: Output) -> int:
    if not args.file or "\0" in args.file:
        raise InvalidInput(tr("terminal.no_file_name"), code="usage")
    findings = examine(context)
    data = bundle.zip_archive(bundle.contents(findings, context))
    replace_atomically(Path(args.file).absolute(), data)
    out.object({"file": args.file, "bytes": len(data)})
    out.say(tr("terminal.saved", name=printable(args.file)))
    out.say(tr("terminal.saved.next"))
    return exit_codes.USABLE
