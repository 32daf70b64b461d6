"""Diagnostics: results are printed as they arrive, and bundles for support contain no secrets."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest

from keystead.errors import DaemonRefused
from keystead.local_api import RestoreParams, SettingsParams
from keystead_client.redaction import find_secrets
from support.cli import COMMAND
from support.profiles import write_profile
from support.world import EMAIL, Device, World

pytestmark = pytest.mark.long

#: Nothing listens on the discard port of this machine.
PROXY = "http://ada:hunter2@127.0.0.1:9"


def test_doctor_prints_each_result_as_soon_as_it_is_known(tmp_path: Path) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    profile = write_profile(tmp_path / "profile", f"http://127.0.0.1:{silent.getsockname()[1]}")
    device = Device(tmp_path / "laptop", {"KEYSTEAD_PROFILE": str(profile)})
    device.start()
    try:
        with subprocess.Popen(
            [COMMAND, "doctor"], env=os.environ | device.environ, stdout=subprocess.PIPE, text=True
        ) as doctor:
            assert doctor.stdout is not None
            lines: list[str] = []
            while not (lines and "Browser" in lines[-1]):
                lines.append(doctor.stdout.readline())
                assert lines[-1], lines
            # The server's check is still running, so the lines so far were printed before it ended.
            silent.close()
            rest = doctor.stdout.read()
            assert doctor.wait() == 7
    finally:
        silent.close()
        device.stop()
    before = "".join(lines)
    for known in ("Profile", "Files", "Background service", "Keyring", "Clock", "License"):
        assert known in before
    assert "Billing service" in rest
    assert "Billing service" not in before


def test_the_bundle_contains_no_secret_of_a_state_full_of_them(
    world: World, tmp_path: Path
) -> None:
    device = world.device("lovelace/laptop")
    device.call("activation.restore", RestoreParams(email=EMAIL))
    world.pay(device)
    device.call("settings.set", SettingsParams(proxy=PROXY))
    with pytest.raises(DaemonRefused) as refused:
        device.refresh()
    assert refused.value.code == "backend_unreachable"
    bundle = tmp_path / "bundle.zip"
    proxy = "http://ada:hunter2@gate.corp:3128"
    assert device.cli("diagnostics", bundle, USER="lovelace", HTTPS_PROXY=proxy).code == 0
    with zipfile.ZipFile(bundle) as archive:
        text = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert "backend_unreachable" in text
    assert "/laptop/" in text, "paths are still worth reading"
    assert find_secrets(text) == []
    secrets = ("hunter2", "lovelace", "gate.corp", '127.0.0.1:9"', EMAIL)
    assert [one for one in secrets if one in text] == []
    # A host name of two letters occurs by chance in many IDs.
    assert re.findall(rf"(?<![\w-]){re.escape(socket.gethostname())}(?![\w-])", text) == []
    key = device.paths.secret_key.read_text()
    assert [one for one in json.loads(key).values() if isinstance(one, str) and one in text] == []
