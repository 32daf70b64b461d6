"""``keystead diagnostics FILE.zip``: what support needs to see, with no secret in it."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from keystead.errors import InvalidInput
from keystead.files import replace_whole
from keystead_client import bundle, exit_codes
from keystead_client.context import Context
from keystead_client.doctor import examine
from keystead_client.formatting import printable
from keystead_client.output import Output


def diagnostics(args: Namespace, context: Context, out: Output) -> int:
    if not args.file or "\0" in args.file:
        raise InvalidInput("This is no name of a file.", code="usage")
    findings = examine(context)
    data = bundle.packed(bundle.contents(findings, context))
    replace_whole(Path(args.file).absolute(), data)
    out.object({"file": args.file, "bytes": len(data)})
    out.say(f"Saved: {printable(args.file)}")
    out.say("It holds no token, no key and no email address; look into it before you send it.")
    return exit_codes.USABLE
