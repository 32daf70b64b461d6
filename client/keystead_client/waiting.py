"""How long a command waits for the daemon, by what the daemon has to do for it."""

from __future__ import annotations

#: Seconds for an answer that needs the billing service: its own limits, and a little more.
NETWORK_S = 60.0
