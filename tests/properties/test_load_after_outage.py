"""Peak load after an outage: requests in one minute when a million devices reconnect.

Each device is simulated with the waits of `keystead_daemon.retry`, chosen by the same rule as the
plan's: background retries, or urgent ones with less than a day to its boundary. Devices have
monthly periods and refresh every six hours. Failed requests count too; the peak is the minute with
the most requests, from the start of the outage until six hours after its end.
"""

from random import Random

import pytest

from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead_daemon import retry

REFRESH_S = 21_600
PERIOD_MS = 30 * DAY_MS
GRACE_MS = 3 * DAY_MS
BEFORE_MS = HOUR_MS
AFTER_MS = 6 * HOUR_MS


def requests_a_minute(devices: int, outage_ms: int, random: Random) -> list[int]:
    """Return requests by minute, from the start of the outage to six hours after its end."""
    down_ms, up_ms = BEFORE_MS, BEFORE_MS + outage_ms
    end_ms = up_ms + AFTER_MS
    minutes = [0] * ((end_ms - down_ms) // MINUTE_MS + 1)
    chance = random.random
    for _ in range(devices):
        at_ms = first_request_ms(random)
        period_ms = int(chance() * PERIOD_MS)
        boundary_ms = period_ms + GRACE_MS
        failures = 0
        while at_ms < end_ms:
            if at_ms >= down_ms:
                minutes[(at_ms - down_ms) // MINUTE_MS] += 1
            if down_ms <= at_ms < up_ms:
                failures += 1
                urgent = 0 <= boundary_ms - at_ms < retry.URGENT_BEFORE_MS
                at_ms += (
                    retry.urgent_backoff(failures, chance())
                    if urgent
                    else retry.background_retry(failures, REFRESH_S, chance())
                )
            else:
                failures = 0
                while period_ms <= at_ms:
                    period_ms += PERIOD_MS
                boundary_ms = period_ms + GRACE_MS
                at_ms += retry.regular_interval(REFRESH_S, chance())
    return minutes


def first_request_ms(random: Random) -> int:
    """Return when a device in steady state sends its next request, in ms.

    A random instant falls into a longer interval with a higher probability, hence the rejection
    sampling.
    """
    while True:
        interval_ms = retry.regular_interval(REFRESH_S, random.random())
        if random.random() * REFRESH_S * 1100 < interval_ms:
            return int(random.random() * interval_ms)


def peak(devices: int, outage_ms: int, *, window: int = 1) -> float:
    """Return the requests in the busiest window of minutes, as a multiple of the steady rate."""
    minutes = requests_a_minute(devices, outage_ms, Random(2026))
    steady = devices / (REFRESH_S / 60) * window
    sums = (sum(minutes[start : start + window]) for start in range(len(minutes) - window))
    return max(sums) / steady


@pytest.mark.parametrize(
    "outage_ms",
    [10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 7 * HOUR_MS, DAY_MS, 4 * DAY_MS, 8 * DAY_MS],
    ids=["10 min", "1 h", "3 h", "7 h", "1 d", "4 d", "8 d"],
)
def test_peak_load_after_an_outage_is_at_most_twice_the_steady_rate(
    outage_ms: int,
) -> None:
    # Fewer devices keep the test fast; the ten-minute window averages their noise.
    assert peak(50_000, outage_ms, window=10) <= 2.0


@pytest.mark.long
@pytest.mark.nightly
def test_peak_load_of_a_million_devices_after_a_twelve_hour_outage() -> None:
    assert peak(1_000_000, 12 * HOUR_MS) <= 2.0
