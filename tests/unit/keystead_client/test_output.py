"""Colour and progress on a terminal only, one object in JSON, clean text in a pipe."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pytest

from keystead_client.output import Output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Written:
    """An output and what was written to it."""

    def __init__(
        self,
        stream: io.StringIO,
        environ: Mapping[str, str] | None = None,
        *,
        as_json: bool = False,
    ) -> None:
        self.stdout, self.stderr = stream, io.StringIO()
        self.output = Output(self.stdout, self.stderr, environ or {}, as_json=as_json)


def everything(output: Output) -> None:
    output.progress("Waiting")
    output.say(output.styled("Done", "ok"))
    output.facts([("Plan", "Pro"), ("Device", "x")])
    output.table(("A", "LONGER"), [("1", "2\x1b[31m"), ("333", "4")])
    output.note("Beside it")
    output.object({"done": True})
    output.error("It\nbroke.", "Mend it.")


def test_a_pipe_gets_clean_aligned_text() -> None:
    format_amount = Written(io.StringIO())
    everything(format_amount.output)
    assert format_amount.stdout.getvalue() == (
        "Done\n  Plan:   Pro\n  Device: x\nA    LONGER\n1    2�[31m\n333  4\nBeside it\n"
    )
    assert format_amount.stderr.getvalue() == "keystead: It�broke.\n          Mend it.\n"


def test_json_is_one_object_on_stdout_and_nothing_else() -> None:
    format_amount = Written(io.StringIO(), as_json=True)
    everything(format_amount.output)
    assert json.loads(format_amount.stdout.getvalue()) == {"done": True}
    assert "Beside it" in format_amount.stderr.getvalue()


def test_a_terminal_gets_colour_progress_and_drawn_tables() -> None:
    format_amount = Written(Terminal())
    everything(format_amount.output)
    shown = format_amount.stdout.getvalue()
    assert "\x1b[32mDone" in shown
    assert "\r\x1b[KWaiting" in shown
    assert "─" in shown
    assert "2�[31m" in shown


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_declined(environ: dict[str, str]) -> None:
    format_amount = Written(Terminal(), environ)
    format_amount.output.say(format_amount.output.styled("Done", "ok"))
    format_amount.output.table(("A",), [("1",)])
    assert "\x1b[3" not in format_amount.stdout.getvalue()
