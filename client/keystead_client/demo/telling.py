"""How the story reads in a terminal: chapters, and a tick for everything that was checked."""

from __future__ import annotations

from time import monotonic

from keystead_client.output import Output


class Telling:
    """Counts what held and what did not."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._began = monotonic()
        self.held = 0
        self.failed = 0

    @property
    def seconds(self) -> float:
        return monotonic() - self._began

    def chapter(self, title: str) -> None:
        self._out.say()
        self._out.say(self._out.styled(title, "bold"))

    def tick(self, sentence: str, holds: bool, seen: object = None) -> None:
        """Say what was checked and whether it held; ``seen`` is shown where it did not."""
        if holds:
            self.held += 1
            self._out.say(f"  {self._out.styled('✓', 'ok')} {sentence}")
            return
        self.failed += 1
        self._out.say(f"  {self._out.styled('✗', 'blocked')} {sentence}")
        if seen is not None:
            self._out.say(f"      {self._out.styled(f'seen: {seen}', 'blocked')}")

    def aside(self, text: str) -> None:
        self._out.say(f"    {self._out.styled(text, 'dim')}")

    def end(self) -> None:
        self._out.say()
        took = f"in {self.seconds:.0f} seconds"
        if self.failed:
            summary = f"✗ {self.failed} of {self.failed + self.held} did not hold, {took}."
            self._out.say(self._out.styled(summary, "blocked"))
        else:
            self._out.say(self._out.styled(f"✓ All {self.held} held, {took}.", "ok"))
