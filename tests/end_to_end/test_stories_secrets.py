"""A search for secrets in everything that a device wrote or sent during its use."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from keystead.encoding import b64u_encode
from keystead_client.redaction import find_secrets
from support.gateway import Gateway, gateway
from support.recording_relay import RecordingRelay, recording_relay
from support.served_stub import ServedStub, served_stub
from support.world import EMAIL, Device, World


class UsedDevice(msgspec.Struct, frozen=True):
    """A used device, and everything that was written or sent during its use."""

    device: Device
    stub: ServedStub
    wire: Gateway
    tap: RecordingRelay

    @property
    def tokens(self) -> set[str]:
        """Return every device access token that was issued."""
        bodies = [passed.answer.body for passed in self.wire.passed]
        found = [json.loads(body) for body in bodies if body.startswith(b"{")]
        return {one["deviceAccessToken"] for one in found if one.get("deviceAccessToken")}

    @property
    def proofs(self) -> set[str]:
        """Return every DPoP proof that was sent."""
        return {one.headers["dpop"] for one in self.wire.passed if "dpop" in one.headers}

    @property
    def device_keys(self) -> set[str]:
        """Return both secret keys of the device in each common encoding."""
        file = json.loads(self.device.paths.secret_key.read_text())
        keys = {msgspec.convert(file[name], bytes) for name in ("deviceSeed", "vaultKey")}
        ways = [(file["deviceSeed"], file["vaultKey"])]
        ways += [(key.hex(), b64u_encode(key)) for key in keys]
        return {way for pair in ways for way in pair}

    @property
    def spoken(self) -> dict[str, str]:
        """Return the output of all programs by its source."""
        spoken = {"stub": self.stub.said, "daemon": self.device.said.read_text()}
        for number, ran in enumerate(self.device.ran):
            spoken |= {f"stdout {number}": ran.out, f"stderr {number}": ran.err}
        logs = sorted(self.device.paths.logs.iterdir())
        return spoken | {str(path): path.read_text() for path in logs}


def use_device(world: World, device: Device, folder: Path) -> None:
    """Use a device: pay, refresh, manage, go offline, be refused, and deactivate."""
    assert device.cli("status").code == 3
    paying = device.cli("activate", "--no-browser", "--json", "--email", EMAIL).json()
    world.stub.pay(paying["sessionId"], email=EMAIL)
    for command in ("refresh", "status", "devices", "plans", "invoices", "doctor"):
        assert device.cli(command).code == 0, command
    assert device.cli("portal", "--no-browser").code == 0
    world.stub.faults.set(drop_connection=True)
    assert device.cli("refresh").code == 7
    world.stub.faults.set(status=200, body={"license": "e30.e30.AA", "active": True})
    assert device.cli("refresh").code != 0
    world.stub.faults.clear()
    assert device.cli("request", folder / "request").code == 0
    assert device.cli("import", folder / "request").code == 1
    assert device.cli("import", "-", stdin=device.paths.license.read_bytes()).code == 0
    assert device.cli("diagnostics", folder / "bundle.zip").code == 0
    assert device.cli("devices", "remove", "A" * 43).code == 1
    assert device.cli("deactivate").code == 0


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UsedDevice]:
    folder = tmp_path_factory.mktemp("life")
    with ExitStack() as stack:
        stub = stack.enter_context(served_stub(folder / "stub"))
        wire = stack.enter_context(gateway())
        world = World(stub, folder)
        stack.callback(world.end)
        device = world.device(proxy=wire.url)
        with recording_relay(device, folder / "tapped") as tap:
            use_device(world, device, folder)
        device.stop()
        stub.stop()
        yield UsedDevice(device, stub, wire, tap)


pytestmark = pytest.mark.long


def test_the_recorded_session_contains_tokens_proofs_and_keys(lived: UsedDevice) -> None:
    assert lived.tokens
    assert len(lived.proofs) > 5
    assert len(lived.device_keys) == 6
    assert EMAIL in lived.tap.crossed.decode()
    assert b"activation.refresh" in lived.tap.crossed
    # The backend's access log is searched, too: it has a line for each request.
    assert lived.stub.said.count('"event":"request"') > len(lived.wire.passed) // 2


def test_the_access_token_never_crosses_the_local_api(lived: UsedDevice) -> None:
    crossed = lived.tap.crossed.decode()
    assert [one for one in lived.tokens | lived.proofs | lived.device_keys if one in crossed] == []
    assert "deviceAccessToken" not in crossed


def test_no_log_or_output_contains_a_token_or_key(lived: UsedDevice) -> None:
    secrets = lived.tokens | lived.proofs | lived.device_keys
    for place, text in lived.spoken.items():
        assert [one for one in secrets if one in text] == [], place


def test_no_log_contains_a_signed_document_an_email_address_or_a_query_string(
    lived: UsedDevice,
) -> None:
    for place, text in lived.spoken.items():
        if not place.startswith("stdout"):
            assert find_secrets(text) == [], place
            assert "?" not in text, place
        assert EMAIL not in text, place


def test_no_file_in_the_home_contains_a_plaintext_token(lived: UsedDevice) -> None:
    files = [path for path in lived.device.home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"vault", "license.jws", "device.jws", "keysteadd.log"}
    for path in files:
        data = path.read_bytes()
        assert [one for one in lived.tokens if one.encode() in data] == [], path
        assert EMAIL.encode() not in data, path
        assert path.stat().st_mode & 0o077 == 0 or path == lived.device.said, path


def test_the_device_s_keys_are_only_in_the_key_file(lived: UsedDevice) -> None:
    for path in lived.device.home.rglob("*"):
        if path.is_file() and path != lived.device.paths.secret_key:
            data = path.read_bytes()
            assert [one for one in lived.device_keys if one.encode() in data] == [], path


def test_the_support_bundle_contains_no_secret(lived: UsedDevice) -> None:
    with zipfile.ZipFile(lived.device.home.parent / "bundle.zip") as bundle:
        text = "\n".join(bundle.read(name).decode() for name in bundle.namelist())
    assert find_secrets(text) == []
    assert [one for one in lived.tokens | lived.device_keys if one in text] == []
    assert EMAIL not in text


def test_the_stub_prints_none_of_its_generated_secrets(lived: UsedDevice) -> None:
    kept = [path for path in lived.stub.keys.parent.iterdir() if path.is_file()]
    made = [path.read_bytes() for path in kept if path not in {lived.stub.keys, lived.stub.profile}]
    assert made
    ways = {way for one in made for way in (one.hex(), b64u_encode(one), b64u_encode(one.strip()))}
    assert [way for way in ways if way in lived.stub.said] == []
    assert re.findall(r"whsec_\w+|sk_test_\w+", lived.stub.said) == []
