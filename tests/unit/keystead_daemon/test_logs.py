"""The log contains only allowed fields, complete lines, and files of a limited size."""

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import BackendUnreachable
from keystead_daemon.clocks import SystemClocks
from keystead_daemon.logs import FIELDS, Log, LogFile, newest_lines

SECRETS = [
    "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl",
    "ada@example.com",
    "https://billing.example/portal?session=1",
    "Bearer abc",
    "/var/lib/ada/.local",
    "q" * 43,
    "",
    "two words",
    "line\nbreak",
]


def log_in(folder: Path) -> tuple[Log, Path]:
    path = folder / "log" / "keysteadd.log"
    return Log(SystemClocks(), LogFile(path)), path


def test_a_line_is_one_object_with_its_time_level_and_event(tmp_path: Path) -> None:
    log, path = log_in(tmp_path)
    log.event("daemon.started", pid=7, version="0.1.0")
    log.failed("save", BackendUnreachable("A sentence for people.", code="timeout"))
    log.close()
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first.keys() == {"time", "level", "event", "pid", "version"}
    assert (second["level"], second["event"], second["code"]) == (
        "warning",
        "save.failed",
        "timeout",
    )
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("field", sorted(FIELDS))
def test_free_text_is_refused_in_every_field(tmp_path: Path, field: str, secret: str) -> None:
    log, path = log_in(tmp_path)
    with pytest.raises(ValueError, match="free text"):
        log.event("event", level="info", **{field: secret})
    with pytest.raises(ValueError, match="free text"):
        log.event(secret)
    log.close()
    assert path.read_text() == ""


@given(st.text().filter(lambda name: name not in FIELDS and name not in {"event", "level"}))
def test_an_unknown_field_is_refused(name: str) -> None:
    log = Log(SystemClocks(), NoFile())
    with pytest.raises(ValueError, match="no field"):
        log.event("event", level="info", **{name: 1})


def test_the_message_text_of_a_library_is_not_logged(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path)
    library = logging.getLogger("test.executors")
    library.propagate = False
    library.addHandler(file)
    try:
        raise RuntimeError(SECRETS[0])
    except RuntimeError:
        library.exception("a job failed with %s", SECRETS[1])
    library.removeHandler(file)
    file.close()
    line = json.loads(path.read_text())
    assert (line["what"], line["error"]) == ("test.executors", "RuntimeError")
    assert not any(secret in path.read_text() for secret in SECRETS[:2])


def test_a_full_file_is_rotated_and_the_oldest_deleted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = LogFile(path, limit=100, files=3)
    for number in range(40):
        file.write(f'{{"n": {number:06d}}}')
    file.close()
    files = sorted(tmp_path.iterdir())
    assert [one.name for one in files] == ["log", "log.1", "log.2"]
    assert all(one.stat().st_size <= 100 for one in files)
    newest = path.read_text().splitlines()[-1]
    assert newest == '{"n": 000039}'


def test_a_full_disk_raises_nothing(tmp_path: Path) -> None:
    file = LogFile(Path("/dev/full"))
    file.write("line")
    file.close()


def test_only_complete_lines_are_returned_as_newest(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f'{{"n": {number}}}\n' for number in range(1000)))
    lines = newest_lines(path, 10)
    assert [json.loads(line)["n"] for line in lines] == list(range(990, 1000))
    assert newest_lines(tmp_path / "none", 10) == ()


class NoFile(LogFile):
    def __init__(self) -> None:
        pass

    def write(self, line: str) -> None:
        raise AssertionError("nothing was to be written")
