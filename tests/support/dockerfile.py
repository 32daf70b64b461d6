"""A Dockerfile as a list of stages and instructions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec


class Instruction(msgspec.Struct, frozen=True):
    """A name in capitals, and everything behind it on one line."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words of the text, or the parts of its JSON form."""
        if self.text.startswith("["):
            return [str(part) for part in json.loads(self.text)]
        return self.text.split()


class Stage(msgspec.Struct, frozen=True):
    """What follows a FROM."""

    base: str
    name: str | None
    instructions: tuple[Instruction, ...]

    def all_of(self, name: str) -> list[Instruction]:
        return [one for one in self.instructions if one.name == name]


def read_dockerfile(path: Path) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    instructions = [
        Instruction(name.upper(), text.strip())
        for line in joined.splitlines()
        if line.strip()
        for name, _, text in [line.strip().partition(" ")]
    ]
    stages: list[Stage] = []
    for one in instructions:
        if one.name == "FROM":
            base, _, name = one.text.partition(" AS ")
            stages.append(Stage(base, name or None, ()))
        else:
            last = stages.pop()
            stages.append(msgspec.structs.replace(last, instructions=(*last.instructions, one)))
    return stages
