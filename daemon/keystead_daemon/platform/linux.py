"""Linux: SO_PEERCRED, rtnetlink for routes, and a timerfd for clock changes and resumes.

Both descriptors become readable only on an event, so they cause no wakeups.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

_UCRED = struct.Struct("3i")

# From the kernel's header on rtnetlink.
_RTMGRP_IPV4_ROUTE, _RTMGRP_IPV6_ROUTE = 0x40, 0x400
_RTM_NEWROUTE = 24
#: struct nlmsghdr: length, type, flags, sequence, port; struct rtmsg begins: family, dst_len.
_NLMSG = struct.Struct("=IHHII")
_ROUTE_BEGINS = struct.Struct("=BB")
_RECEIVE_BYTES = 64 * 1024


def peer_is_user(transport: asyncio.BaseTransport) -> bool:
    """unix(7): SO_PEERCRED, as the kernel noted it when the peer connected."""
    peer = transport.get_extra_info("socket")
    if peer is None:
        return False
    packed = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(packed)
    return bool(uid == os.getuid())


def watch(loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]) -> Callable[[], None]:
    """See the package. Where the kernel refuses one source of events, the other still works."""
    from keystead_daemon.platform.linux_clock import watch_clock

    endings: list[Callable[[], None]] = []
    for begin in (_watch_routes, watch_clock):
        with suppress(OSError):
            endings.append(begin(loop, changed))

    def end() -> None:
        for one in endings:
            one()

    return end


def default_route_came(messages: bytes) -> bool:
    """Return whether netlink messages announce a new default route."""
    start = 0
    while start + _NLMSG.size <= len(messages):
        length, kind, *_ = _NLMSG.unpack_from(messages, start)
        if length < _NLMSG.size:
            return False
        body = start + _NLMSG.size
        if kind == _RTM_NEWROUTE and body + _ROUTE_BEGINS.size <= len(messages):
            _, destination_bits = _ROUTE_BEGINS.unpack_from(messages, body)
            if destination_bits == 0:
                return True
        start += (length + 3) & ~3
    return False


def _watch_routes(
    loop: asyncio.AbstractEventLoop, changed: Callable[[str], None]
) -> Callable[[], None]:
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    try:
        netlink.bind((0, _RTMGRP_IPV4_ROUTE | _RTMGRP_IPV6_ROUTE))
    except OSError:
        netlink.close()
        raise

    def readable() -> None:
        try:
            news = default_route_came(netlink.recv(_RECEIVE_BYTES))
        except BlockingIOError:
            return
        except OSError:
            # ENOBUFS: the kernel dropped some messages, which may have been the one.
            news = True
        if news:
            changed("network")

    loop.add_reader(netlink, readable)

    def end() -> None:
        loop.remove_reader(netlink)
        netlink.close()

    return end
