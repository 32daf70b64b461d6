"""Measure processes: CPU time, memory and wake-ups."""

from __future__ import annotations

import resource
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from benchmarks.measurement import NANOSECONDS, CannotMeasure, Sampler

KIB_IN_MIB = 1024
#: Seconds after which a process that has not ended is given up.
LIMIT_S = 60.0


def run_to_end(command: list[str], environ: Mapping[str, str], *, expected: int = 0) -> Sampler:
    """Return the CPU seconds of a process from start to end; its exit code must be ``expected``.

    These processes wait for nothing worth mentioning: on a machine that has nothing else to do it
    is what the clock on the wall says.
    """

    def sample() -> float:
        begin = _spent_by_children()
        ran = subprocess.run(
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,
            timeout=LIMIT_S,
        )
        if ran.returncode != expected:
            said = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise CannotMeasure(f"{command[0]} ended with {ran.returncode}: {said}")
        return _spent_by_children() - begin

    return sample


def _spent_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def running_process(command: list[str], environ: Mapping[str, str]) -> Iterator[Started]:
    """Run a process until the end of the block."""
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as process,
    ):
        try:
            yield Started(process, said)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()


class Started:
    """A running process and its output."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self._process = process
        self._said = said
        self.pid = process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def line(self) -> str:
        """Return its next line of output. Raises CannotMeasure if it ends instead."""
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise CannotMeasure(f"a process ended before its time{self.last_words()}")
        return line.decode().strip()

    def last_words(self) -> str:
        """Return the last line on its stderr, as the end of a sentence."""
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""


class Weight:
    """A process and its children, as the kernel counts them."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def resident(self) -> float:
        """MiB in memory, shared pages counted in full."""
        return self._memory("Rss")

    def wakeups(self) -> int:
        """Return the number of voluntary context switches of its threads so far."""
        return sum(
            _field(task / "status", "voluntary_ctxt_switches")
            for process in self._family()
            for task in (process / "task").iterdir()
        )

    def busy(self) -> float:
        """Return the CPU seconds of its threads so far (proc(5), schedstat)."""
        spent = sum(
            int((task / "schedstat").read_text("ascii").split()[0])
            for process in self._family()
            for task in (process / "task").iterdir()
        )
        return spent / NANOSECONDS

    def processes(self) -> int:
        return len(self._family())

    def _memory(self, field: str) -> float:
        return sum(_field(one / "smaps_rollup", field) for one in self._family()) / KIB_IN_MIB

    def _family(self) -> list[Path]:
        found = [self._pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += map(int, (task / "children").read_text("ascii").split())
        return [Path(f"/proc/{pid}") for pid in found]


def _field(file: Path, name: str) -> int:
    for line in file.read_text("ascii").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    raise CannotMeasure(f"{file.name} has no {name}")
