"""Pipes between processes of one user: one interface, a module for each kind of system.

A Unix socket needs nothing of QtNetwork, which weighs 3 MiB with Kerberos behind it.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    from keystead_client.desktop.pipes.named_pipe import Listener, Pipe
else:
    from keystead_client.desktop.pipes.unix_socket import Listener, Pipe

__all__ = ["Listener", "Pipe"]
