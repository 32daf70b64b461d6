"""The timer follows the boot clock and not the wall clock; a sleep is detected."""

import asyncio
from collections.abc import Callable, Coroutine

import msgspec

from keystead import machine
from keystead.instants import DAY_MS, HOUR_MS
from keystead.trusted_time import ClockReading
from keystead_daemon.clocks import SleepWatch
from keystead_daemon.schedule import Schedule


class TurnedClocks:
    """The machine's clocks, each with an offset that a test sets."""

    def __init__(self) -> None:
        self.wall_ahead_ms = 0
        self.slept_ms = 0

    def read(self) -> ClockReading:
        found = machine.read_clocks()
        return msgspec.structs.replace(
            found,
            wall_ms=found.wall_ms + self.wall_ahead_ms,
            boot_ms=found.boot_ms + self.slept_ms,
        )

    def awake_ms(self) -> int:
        return machine.boot_ms()


def scheduled(
    story: Callable[[TurnedClocks, Schedule, asyncio.Event], Coroutine[object, object, None]],
) -> None:
    async def run() -> None:
        clocks, fired = TurnedClocks(), asyncio.Event()
        schedule = Schedule(clocks, fired.set)
        await story(clocks, schedule, fired)
        schedule.close()

    asyncio.run(run())


def test_the_timer_fires_when_the_boot_clock_reaches_its_time() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        due_ms = clocks.read().boot_ms + 50
        schedule.arm(due_ms)
        await asyncio.wait_for(fired.wait(), 60)
        assert clocks.read().boot_ms >= due_ms

    scheduled(story)


def test_a_past_time_fires_at_once() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        schedule.arm(clocks.read().boot_ms - DAY_MS)
        await asyncio.wait_for(fired.wait(), 60)

    scheduled(story)


def test_changing_the_wall_clock_does_not_affect_the_timer() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        schedule.arm(clocks.read().boot_ms + 50)
        clocks.wall_ahead_ms = -400 * DAY_MS
        await asyncio.wait_for(fired.wait(), 60)
        fired.clear()
        schedule.arm(clocks.read().boot_ms + HOUR_MS)
        clocks.wall_ahead_ms = 400 * DAY_MS
        await asyncio.sleep(0)
        assert not fired.is_set()

    scheduled(story)


def test_a_new_time_replaces_the_old_one() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        schedule.arm(clocks.read().boot_ms + HOUR_MS)
        schedule.arm(clocks.read().boot_ms + 20)
        await asyncio.wait_for(fired.wait(), 60)
        schedule.arm(None)
        schedule.arm(clocks.read().boot_ms + HOUR_MS)
        schedule.arm(None)

    scheduled(story)


def test_without_a_timer_the_scheduler_is_not_loaded() -> None:
    schedule = Schedule(TurnedClocks(), lambda: None)
    schedule.arm(None)
    schedule.close()
    assert schedule._scheduler is None


def test_a_sleep_is_reported_once() -> None:
    clocks = TurnedClocks()
    watch = SleepWatch(clocks)
    assert not watch.slept()
    clocks.slept_ms = HOUR_MS
    assert watch.slept()
    assert not watch.slept()
    clocks.wall_ahead_ms = HOUR_MS
    assert not watch.slept()
