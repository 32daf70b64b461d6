"""Print the demo: chapters, and a tick or a cross for each check."""

from __future__ import annotations

from threading import Event
from time import monotonic

from keystead.local_api import ActivationView
from keystead_client.output import Output


class DemoOutput:
    """Counts the checks that held and that did not."""

    def __init__(self, out: Output, *, pause_s: float = 0) -> None:
        self._out = out
        self._pause_s = pause_s
        self._began = monotonic()
        self.held = 0
        self.failed = 0

    @property
    def seconds(self) -> float:
        return monotonic() - self._began

    def chapter(self, title: str) -> None:
        """Begin a chapter; pause first if the person may be looking at the window."""
        if self._pause_s and self.held + self.failed:
            Event().wait(self._pause_s)
        self._out.note("")
        self._out.note(self._out.styled(title, "bold"))

    def check(self, sentence: str, holds: bool, seen: object = None) -> None:
        """Print whether a check held; ``seen`` is shown if it did not."""
        if holds:
            self.held += 1
            self._out.note(f"  {self._out.styled('✓', 'ok')} {sentence}")
            return
        self.failed += 1
        self._out.note(f"  {self._out.styled('✗', 'blocked')} {sentence}")
        if seen is not None:
            self._out.note(f"      {self._out.styled(f'seen: {_brief(seen)}', 'blocked')}")

    def aside(self, text: str) -> None:
        self._out.note(f"    {self._out.styled(text, 'dim')}")

    def end(self) -> None:
        self._out.note("")
        took = f"in {self.seconds:.0f} seconds"
        if self.failed:
            summary = f"✗ {self.failed} of {self.failed + self.held} did not hold, {took}."
            self._out.note(self._out.styled(summary, "blocked"))
        else:
            self._out.note(self._out.styled(f"✓ All {self.held} held, {took}.", "ok"))


def _brief(seen: object) -> object:
    if not isinstance(seen, ActivationView):
        return seen
    hints = ", ".join(seen.hints) or "none"
    return f"{seen.state} ({seen.reason}), until {seen.until}, now {seen.now}, hints: {hints}"
