"""The local API of a real daemon, with valid, invalid and random input."""

import json
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keystead import local_api
from keystead.errors import DaemonRefused
from keystead.local_api import METHODS, DaemonInfo, DiagnosticsParams, SettingsParams
from support.daemon_process import DaemonProcess, running_daemon
from support.profiles import write_profile

ANSWER_S = 60.0

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
CALLS = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.sampled_from(["2.0", "1.0", 2, None]) | JSON,
        "id": st.integers(0, 9) | st.text(max_size=5) | JSON,
        "method": st.sampled_from([*METHODS, "", "x", "__init__"]).filter(
            lambda name: name not in {"daemon.stop", "checkout.start", "activation.restore"}
        )
        | JSON,
        "params": JSON,
    },
)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    folder = tmp_path_factory.mktemp("d")
    with running_daemon(write_profile(folder / "profile"), folder / "home") as running:
        yield running


class Peer:
    """A bare socket to the daemon."""

    def __init__(self, daemon: DaemonProcess) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(ANSWER_S)
        self.socket.connect(str(daemon.paths.socket))
        self.lines = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, line: bytes) -> None:
        self.socket.sendall(line)

    def answer(self) -> Any:
        return json.loads(self.lines.readline())

    def asked(self, line: bytes) -> Any:
        self.send(line + b"\n")
        return self.answer()

    def is_alive(self) -> bool:
        """Return whether it still responds, after it has processed everything sent before."""
        self.send(b'{"jsonrpc":"2.0","id":"alive","method":"daemon.info"}\n')
        while True:
            answer = self.answer()
            if answer.get("id") == "alive":
                return "result" in answer


@pytest.fixture
def peer(daemon: DaemonProcess) -> Iterator[Peer]:
    with Peer(daemon) as connected:
        yield connected


def code_of(answer: Any) -> tuple[int, str]:
    return answer["error"]["code"], answer["error"]["data"]["code"]


def test_only_the_user_can_access_the_socket(daemon: DaemonProcess) -> None:
    path = daemon.paths.socket
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("line", "code", "word"),
    [
        (b"nonsense", local_api.PARSE_ERROR, "invalid_json"),
        (b"\xff\xfe", local_api.PARSE_ERROR, "invalid_json"),
        (b"[]", local_api.INVALID_REQUEST, "invalid_request"),
        (b"null", local_api.INVALID_REQUEST, "invalid_request"),
        (b"{}", local_api.INVALID_REQUEST, "invalid_request"),
        (b'{"jsonrpc":"1.0","id":1,"method":"x"}', local_api.INVALID_REQUEST, "invalid_request"),
        (b'{"jsonrpc":"2.0","id":1,"method":"x"}', local_api.METHOD_NOT_FOUND, "method_not_found"),
        (b'{"jsonrpc":"2.0","id":1.5,"method":"x"}', local_api.INVALID_REQUEST, "invalid_request"),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"activation.get","params":{"x":1}}',
            local_api.INVALID_PARAMS,
            "invalid_params",
        ),
        (
            b'{"jsonrpc":"2.0","id":1,"method":"activation.get","params":[1]}',
            local_api.INVALID_PARAMS,
            "invalid_params",
        ),
        (b"[" * 50_000, local_api.PARSE_ERROR, "invalid_json"),
    ],
)
def test_an_invalid_call_gets_an_error_and_the_connection_stays_open(
    peer: Peer, line: bytes, code: int, word: str
) -> None:
    answer = peer.asked(line)
    assert answer["jsonrpc"] == "2.0"
    assert answer["error"]["code"] == code or line.startswith(b"[[")
    assert code_of(answer)[1] == word or line.startswith(b"[[")
    assert peer.is_alive()


def test_split_and_pipelined_calls_are_answered_in_order(peer: Peer) -> None:
    call = b'{"jsonrpc":"2.0","id":%d,"method":"daemon.info"}\n'
    for byte in call % 7:
        peer.send(bytes([byte]))
    assert peer.answer()["id"] == 7
    peer.send(call % 1 + call % 2 + b"\n\r\n" + call % 3)
    assert [peer.answer()["id"] for _ in range(3)] == [1, 2, 3]


def test_a_notification_gets_no_response(peer: Peer) -> None:
    peer.send(b'{"jsonrpc":"2.0","method":"daemon.info"}\n')
    peer.send(b'{"jsonrpc":"2.0","method":"no.such"}\n')
    assert peer.asked(b'{"jsonrpc":"2.0","id":5,"method":"daemon.info"}')["id"] == 5


def test_a_line_over_the_size_limit_closes_the_connection(
    daemon: DaemonProcess,
) -> None:
    call = b'{"jsonrpc":"2.0","id":1,"method":"daemon.info"}'
    with Peer(daemon) as peer:
        padded = call + b" " * (local_api.MAX_LINE - len(call) - 1)
        assert peer.asked(padded)["id"] == 1
    with Peer(daemon) as peer:
        peer.send(b" " * local_api.MAX_LINE)
        assert code_of(peer.answer())[1] == "too_large"
        assert peer.lines.readline() == b""
    with Peer(daemon) as peer:
        assert peer.is_alive()


#: The daemon is meant to be shared by the examples, and a busy machine makes them slowly.
UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@given(call=CALLS)
@settings(
    max_examples=150,
    suppress_health_check=UNCHECKED,
)
def test_random_json_does_not_stop_the_server(daemon: DaemonProcess, call: Any) -> None:
    with Peer(daemon) as peer:
        peer.send(json.dumps(call).encode() + b"\n")
        assert peer.is_alive()


@given(data=st.binary(max_size=300))
@settings(max_examples=150)
def test_random_bytes_do_not_stop_the_server(daemon: DaemonProcess, data: bytes) -> None:
    with Peer(daemon) as peer:
        peer.send(data + b"\n")
        assert peer.is_alive()


@given(document=st.text(max_size=200) | st.sampled_from(["a.b.c", "..", "eyJ9.e30.AA"]))
@settings(max_examples=50)
def test_an_invalid_document_is_refused_without_repeating_it(
    daemon: DaemonProcess, document: str
) -> None:
    with daemon.client() as client, pytest.raises(DaemonRefused) as refused:
        client.call("activation.import", local_api.ImportParams(document=document))
    assert len(document) < 5 or document not in refused.value.sentence


def test_every_method_of_the_contract_is_served(daemon: DaemonProcess) -> None:
    for name in METHODS:
        if name != "daemon.stop":
            with Peer(daemon) as peer:
                answer = peer.asked(
                    json.dumps({"jsonrpc": "2.0", "id": 1, "method": name}).encode()
                )
                failed = answer.get("error", {}).get("code")
                assert failed != local_api.METHOD_NOT_FOUND, name


def test_daemon_info_has_pid_product_and_api_version(daemon: DaemonProcess) -> None:
    info: DaemonInfo = daemon.call("daemon.info")
    assert (info.pid, info.product, info.api) == (daemon.pid, "nyra", 1)


def test_an_unreachable_backend_has_its_own_error_code(daemon: DaemonProcess) -> None:
    with pytest.raises(DaemonRefused) as refused:
        daemon.call("plans.list")
    assert (refused.value.code, refused.value.cause) == ("backend_unreachable",) * 2


@pytest.mark.parametrize("method", ["portal.open", "invoices.list", "devices.list"])
def test_a_method_that_needs_an_activation_is_refused_without_one(
    daemon: DaemonProcess, method: str
) -> None:
    with pytest.raises(DaemonRefused) as refused:
        daemon.call(method)
    assert refused.value.code == "not_activated"


def test_a_refresh_without_an_activation_is_no_error(daemon: DaemonProcess) -> None:
    assert daemon.call("activation.refresh").state == "unactivated"


def test_settings_are_changed_individually_and_validated(daemon: DaemonProcess) -> None:
    changed = daemon.call("settings.set", SettingsParams(notifications=False))
    assert (changed.notifications, changed.proxy) == (False, "system")
    daemon.call("settings.set", SettingsParams(proxy="http://proxy.example:3128"))
    now = daemon.call("settings.get")
    assert (now.notifications, now.proxy) == (False, "http://proxy.example:3128")
    for wrong in ("", "ftp://x", "http://", "system ", "none\n"):
        with pytest.raises(DaemonRefused) as refused:
            daemon.call("settings.set", SettingsParams(proxy=wrong))
        assert refused.value.code == "invalid_setting"
    assert daemon.call("settings.set", SettingsParams(proxy="system")).proxy == "system"


def test_a_subscriber_is_notified_only_of_changes(daemon: DaemonProcess) -> None:
    with daemon.client() as subscriber:
        assert subscriber.call("events.subscribe").state == "unactivated"
        daemon.call("activation.get")
        daemon.call("activation.refresh")
        with pytest.raises(TimeoutError):
            next(subscriber.notifications(timeout_s=0.2))


def test_concurrent_calls_of_one_connection_are_limited(daemon: DaemonProcess) -> None:
    with Peer(daemon) as peer:
        call = b'{"jsonrpc":"2.0","id":%d,"method":"plans.list"}\n'
        peer.send(b"".join(call % number for number in range(100)))
        answers = [peer.answer() for _ in range(100)]
    codes = {answer["error"]["data"]["code"] for answer in answers}
    assert codes == {"backend_unreachable", "too_many_requests"}
    assert {answer["id"] for answer in answers} == set(range(100))


def test_diagnostics_report_failed_checks_and_no_secrets(
    daemon: DaemonProcess, tmp_path: Path
) -> None:
    report = daemon.call("diagnostics.get")
    checks = {check.name: check for check in report.checks}
    assert not checks["server"].ok
    assert checks["keyring"].ok
    assert checks["server"].code == "backend_unreachable"
    assert checks["tls"].code == "local"
    assert report.log
    assert "license" not in report.activation


def test_diagnostics_can_run_a_single_step(daemon: DaemonProcess) -> None:
    def names(look: str) -> list[str]:
        report = daemon.call("diagnostics.get", DiagnosticsParams(check=look))
        return [check.name for check in report.checks]

    assert names("keyring") == ["keyring"]
    assert names("server") == ["server", "tls", "server_time"]
    for unknown in ("tls", "", "browser"):
        with pytest.raises(DaemonRefused) as refused:
            names(unknown)
        assert refused.value.code == "unknown_check"
