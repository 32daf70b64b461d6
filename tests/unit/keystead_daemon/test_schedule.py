"""The timer follows the boot clock, whatever is done to the wall's; sleep shows as a gap."""

import asyncio
from collections.abc import Callable, Coroutine

import msgspec

from keystead import machine
from keystead.instants import DAY_MS, HOUR_MS
from keystead.trusted_time import ClockReading
from keystead_daemon.clocks import SleepWatch
from keystead_daemon.schedule import Schedule


class TurnedClocks:
    """The machine's clocks, each of which a test can put elsewhere."""

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


def test_it_comes_when_the_boot_clock_is_there() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        due_ms = clocks.read().boot_ms + 50
        schedule.arm(due_ms)
        await asyncio.wait_for(fired.wait(), 60)
        assert clocks.read().boot_ms >= due_ms

    scheduled(story)


def test_a_time_that_is_over_comes_at_once() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        schedule.arm(clocks.read().boot_ms - DAY_MS)
        await asyncio.wait_for(fired.wait(), 60)

    scheduled(story)


def test_a_wall_clock_that_is_turned_neither_delays_nor_hurries_it() -> None:
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


def test_a_new_time_takes_the_place_of_the_old() -> None:
    async def story(clocks: TurnedClocks, schedule: Schedule, fired: asyncio.Event) -> None:
        schedule.arm(clocks.read().boot_ms + HOUR_MS)
        schedule.arm(clocks.read().boot_ms + 20)
        await asyncio.wait_for(fired.wait(), 60)
        schedule.arm(None)
        schedule.arm(clocks.read().boot_ms + HOUR_MS)
        schedule.arm(None)

    scheduled(story)


def test_no_timer_loads_no_scheduler() -> None:
    schedule = Schedule(TurnedClocks(), lambda: None)
    schedule.arm(None)
    schedule.close()
    assert schedule._scheduler is None


def test_sleep_is_told_once() -> None:
    clocks = TurnedClocks()
    watch = SleepWatch(clocks)
    assert not watch.slept()
    clocks.slept_ms = HOUR_MS
    assert watch.slept()
    assert not watch.slept()
    clocks.wall_ahead_ms = HOUR_MS
    assert not watch.slept()
