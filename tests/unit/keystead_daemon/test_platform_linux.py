"""The kernel's netlink messages: only a new default route is reported."""

import asyncio
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is another")

if sys.platform == "linux":
    from keystead_daemon.platform import linux

NEW_ROUTE, DELETED_ROUTE, NEW_ADDRESS = 24, 25, 20


def message(kind: int, destination_bits: int) -> bytes:
    body = struct.pack("=BB", 2, destination_bits) + bytes(10)
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


@pytest.mark.parametrize(
    ("messages", "news"),
    [
        (b"", False),
        (message(NEW_ROUTE, 0), True),
        (message(NEW_ROUTE, 24), False),
        (message(DELETED_ROUTE, 0), False),
        (message(NEW_ADDRESS, 0), False),
        (message(DELETED_ROUTE, 0) + message(NEW_ROUTE, 0), True),
        (message(NEW_ROUTE, 0)[:16], False),
        (struct.pack("=IHHII", 0, NEW_ROUTE, 0, 0, 0), False),
    ],
)
def test_only_a_new_default_route_is_reported(messages: bytes, news: bool) -> None:
    assert linux.default_route_came(messages) is news


@given(st.binary(max_size=200))
def test_random_messages_are_parsed_without_an_error(messages: bytes) -> None:
    assert linux.default_route_came(messages) in {True, False}


def test_a_watch_without_events_closes_its_descriptors() -> None:
    heard: list[str] = []

    async def watch() -> None:
        before = set(Path("/proc/self/fd").iterdir())
        end = linux.watch(asyncio.get_running_loop(), heard.append)
        assert set(Path("/proc/self/fd").iterdir()) > before
        await asyncio.sleep(0)
        end()
        assert set(Path("/proc/self/fd").iterdir()) == before

    asyncio.run(watch())
    assert heard == []


NETWORK_COMES = """
import asyncio, subprocess
from keystead_daemon.platform import linux

async def main():
    heard = asyncio.Queue()
    end = linux.watch(asyncio.get_running_loop(), heard.put_nowait)
    for command in ("link set lo up", "route add 10.0.0.0/8 dev lo"):
        subprocess.run(["ip", *command.split()], check=True)
    await asyncio.sleep(0)
    assert heard.empty()
    subprocess.run("ip route add default dev lo".split(), check=True)
    print(await asyncio.wait_for(heard.get(), 60))
    end()

asyncio.run(main())
"""


@pytest.mark.long
def test_a_default_route_added_in_a_namespace_is_reported() -> None:
    """A default route is added in a network namespace made for this test."""
    alone = ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*alone, "ip", "link"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no network namespaces are to be had here")
    told = subprocess.run(
        [*alone, sys.executable, "-c", NETWORK_COMES], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (0, "network\n"), told.stderr
