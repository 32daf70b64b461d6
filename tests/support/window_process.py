"""The desktop window as a process (`support.window_driver`), and a simulated user of it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

TESTS = Path(__file__).parents[1]
PATIENCE_S = 60.0
_ENGLISH = {"LC_ALL": "en_GB.UTF-8", "LANGUAGE": "en"}


class WindowProcess:
    """The window's current texts, and a user's actions; waits end with a report."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._seen: dict[str, Any] = {"reads": [], "buttons": [], "minimized": False}
        self._opened: deque[str] = deque()
        self._grabbed: bool | None = None
        self._rest = b""

    def sees(self, *texts: str) -> None:
        """Wait until each of these is part of a visible text."""
        self._until(lambda: all(self._reads(text) for text in texts), f"to read {texts}")

    def fact(self, label: str) -> str:
        """Return the text beside a label."""
        self.sees(label)
        reads: list[str] = self._seen["reads"]
        return reads[reads.index(label) + 1]

    def sees_no(self, text: str) -> None:
        """Wait until this is part of no visible text."""
        self._until(lambda: not self._reads(text), f"to read no more: {text}")

    def clicks(self, name: str) -> None:
        """Click a button once it is enabled."""
        self._until(lambda: name in self._seen["buttons"], f"to press {name}")
        self._do("click", name)

    def types(self, name: str, text: str) -> None:
        """Replace the text of a field."""
        self._do("type", name, text)

    def opened(self) -> str:
        """Return the next URL that was opened in the user's browser."""
        self._until(lambda: bool(self._opened), "for a page to be opened")
        return self._opened.popleft()

    def goes_away(self) -> None:
        """Send the window to the background."""
        self._do("minimize")
        self._until(lambda: self._seen["minimized"], "for it to be gone")

    def comes_forward(self) -> None:
        """Wait until it is in front again."""
        self._until(lambda: not self._seen["minimized"], "for it to be in front")

    def grab(self, path: Path) -> None:
        """Save a picture of it."""
        self._grabbed = None
        self._do("grab", str(path))
        self._until(lambda: self._grabbed is not None, "for a picture")

    def closes(self) -> None:
        """Close the window."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)

    def begin(self) -> None:
        self._do("watch")
        self._until(lambda: bool(self._seen["reads"]), "for a window")

    def _do(self, *what: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        self.process.stdin.flush()

    def _reads(self, text: str) -> bool:
        return any(text in one for one in self._seen["reads"])

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        limit = monotonic() + PATIENCE_S
        while not holds():
            if not self._listen(limit - monotonic()):
                raise AssertionError(f"waited in vain {what}; there is {self._seen}")

    def _listen(self, left_s: float) -> bool:
        """Read the next report; False if none arrives in time."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(self.process.stdout, selectors.EVENT_READ)
            if not ready.select(max(left_s, 0)):
                return False
        data = os.read(self.process.stdout.fileno(), 65_536)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return bool(data)

    def _take(self, news: dict[str, Any]) -> None:
        if "opened" in news:
            self._opened.append(news["opened"])
        elif "grabbed" in news:
            self._grabbed = news["grabbed"]
        else:
            self._seen = news


@contextmanager
def window_process(
    arguments: list[str], environ: Mapping[str, str], evidence: Path
) -> Iterator[WindowProcess]:
    """Run the window within the block; a failure saves a screenshot in ``evidence``."""
    evidence.mkdir(parents=True, exist_ok=True)
    with (evidence / "window.err").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "support.window_driver", *arguments],
            cwd=TESTS,
            env={**os.environ, **_ENGLISH, "QT_QPA_PLATFORM": "offscreen", **environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
        )
    window = WindowProcess(process)
    try:
        window.begin()
        yield window
    except BaseException as error:
        with suppress(AssertionError, OSError):
            window.grab(evidence / "window.png")
        error.add_note(f"the window, and what it wrote: {evidence}")
        raise
    finally:
        window.closes()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
    assert b"Traceback" not in (evidence / "window.err").read_bytes()
