"""``keystead portal``: open the billing portal in the browser."""

from __future__ import annotations

from argparse import Namespace

from keystead.browser import open_link
from keystead.local_api import PortalParams
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S
from keystead_client.output import Output
from keystead_client.required_capabilities import require_capabilities
from keystead_client.terminal_messages import tr


def portal(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        require_capabilities(client, "portal")
        answer = client.call("portal.open", PortalParams(flow=args.flow), timeout_s=NETWORK_S)
    opened = not args.no_browser and open_link(answer.url, context.environ)
    out.object({"url": answer.url, "expiresAt": answer.expires_at})
    out.say(tr("terminal.portal_opened" if opened else "terminal.portal_here"))
    out.say(f"  {answer.url}")
    return exit_codes.USABLE
