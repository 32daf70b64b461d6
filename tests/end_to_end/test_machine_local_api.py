"""The local API with many, slow or misbehaving clients, and with another user."""

from __future__ import annotations

import json
import os
import resource
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from keystead import local_api
from keystead.local_client import LocalClient
from support.fault_injection import stopped_device
from support.world import PATIENCE_S, Device, World

NOBODY = 65534
#: Bytes by which a daemon may grow for one client; it buffers up to 1 MiB of unread responses.
GROWTH_BYTES = 16 * 1024 * 1024
_GET = local_api.encode_request("activation.get", local_api.Nothing(), 1)


@pytest.fixture
def device(world: World) -> Device:
    return world.activated()


def connect(device: Device) -> socket.socket:
    """Open a plain socket connection."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # A blocking connect waits while the backlog is full; with a timeout it would fail.
        connection.connect(str(device.paths.socket))
    except OSError:
        connection.close()
        raise
    connection.settimeout(PATIENCE_S)
    return connection


def read_to_end(connection: socket.socket) -> bytes:
    """Return everything until the daemon closes the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            received += piece
    return received


def resident_bytes(device: Device) -> int:
    assert device.process is not None
    pages = Path(f"/proc/{device.process.pid}/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def open_descriptors(device: Device) -> int:
    assert device.process is not None
    return len(list(Path(f"/proc/{device.process.pid}/fd").iterdir()))


def test_two_hundred_connections_are_answered_and_their_descriptors_closed(device: Device) -> None:
    before = open_descriptors(device)
    with ExitStack() as stack:
        clients = [stack.enter_context(LocalClient(device.paths.socket)) for _ in range(200)]
        assert {client.call("activation.get").state for client in clients} == {"active"}
    left = [open_descriptors(device) for _ in range(100) if device.view()]
    assert min(left) <= before + 1


@pytest.mark.long
def test_the_daemon_survives_running_out_of_file_descriptors(device: Device) -> None:
    assert device.process is not None
    pid = device.process.pid
    few = open_descriptors(device) + 20
    _, most = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        first = stack.enter_context(LocalClient(device.paths.socket))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (few, most))
        for _ in range(50):
            stack.enter_context(connect(device))
        for _ in range(3):
            assert first.call("activation.get").usable
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
    assert device.refresh().state == "active"
    assert device.call("daemon.info").pid == pid
    assert [line["event"] for line in device.log()].count("connections.delayed") == 1


@pytest.mark.long
def test_connections_above_the_limit_are_refused_and_open_ones_stay(device: Device) -> None:
    with ExitStack() as stack:
        first = stack.enter_context(LocalClient(device.paths.socket))
        crowd = [stack.enter_context(connect(device)) for _ in range(600)]
        assert first.call("activation.get").usable
        assert read_to_end(crowd[-1]) == b""
    assert device.refresh().state == "active"


def test_a_client_that_never_reads_is_disconnected_and_delays_no_other(device: Device) -> None:
    before = resident_bytes(device)
    with connect(device) as rude:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            rude.sendall(_GET * 20_000)
        assert device.view().usable
    assert resident_bytes(device) - before < GROWTH_BYTES
    last = device.log()[-1]
    assert (last["event"], last["code"]) == ("connection.dropped", "slow")


def test_a_client_that_sends_an_endless_line_is_disconnected(device: Device) -> None:
    before = resident_bytes(device)
    with connect(device) as rude:
        with suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(1000):
                rude.sendall(b"[" * local_api.MAX_LINE)
        answer = read_to_end(rude)
        assert not answer or json.loads(answer)["error"]["data"]["code"] == "too_large"
    assert device.view().usable
    assert resident_bytes(device) - before < GROWTH_BYTES


def test_an_incomplete_line_delays_neither_other_clients_nor_the_shutdown(device: Device) -> None:
    with connect(device) as half, connect(device) as torn:
        half.sendall(_GET[:20])
        torn.sendall(_GET[:20])
        torn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        torn.close()
        assert device.view().usable
        half.sendall(_GET[20:])
        with half.makefile("rb") as lines:
            assert json.loads(lines.readline())["result"]["usable"]
            half.sendall(_GET[:20])
            device.stop()
            assert lines.read() == b""


def test_daemon_stop_is_answered_with_requests_still_pending(device: Device) -> None:
    assert device.process is not None
    stop = local_api.encode_request("daemon.stop", local_api.Nothing(), 2)
    with connect(device) as asking:
        asking.sendall(_GET * 20 + stop + _GET * 20)
        answers = [json.loads(line) for line in read_to_end(asking).splitlines()]
    assert device.process.wait(PATIENCE_S) == 0
    device.process = None
    assert sum("usable" in answer["result"] for answer in answers) >= 20
    assert {"done": True} in [answer["result"] for answer in answers]


@contextmanager
def as_another_user() -> Iterator[None]:
    """Run the block as another user."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public(world: World) -> Iterator[Device]:
    """Return a device in a folder that every user can enter."""
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    with tempfile.TemporaryDirectory(prefix="keystead-public-") as folder:
        Path(folder).chmod(0o755)
        shared = World(world.stub, Path(folder))
        device = stopped_device(shared, "laptop")
        device.start()
        yield device
        shared.end()


def test_another_user_cannot_reach_the_socket(public: Device) -> None:
    with as_another_user(), pytest.raises(PermissionError):
        connect(public)


def test_another_user_is_refused_even_with_open_file_modes(public: Device) -> None:
    for folder in (public.home, *public.paths.socket.parents):
        if folder.is_relative_to(public.home):
            folder.chmod(0o755)
    public.paths.socket.chmod(0o666)
    with as_another_user():
        stranger = connect(public)
    with stranger:
        with suppress(BrokenPipeError, ConnectionResetError):
            stranger.sendall(_GET + local_api.encode_request("daemon.stop", local_api.Nothing(), 2))
        assert read_to_end(stranger) == b""
    assert public.view().state == "unactivated"
    assert "connection.refused" in [line["event"] for line in public.log()]
