"""Assert that a device changes its state at an instant: not before, and not much later."""

from __future__ import annotations

from keystead.local_api import ActivationView
from support.world import Device, Holds

#: How long before the instant the device is first checked.
BEFORE_MS = 1_500
#: How late the change may be, on busy machines.
LATE_MS = 10_000


def assert_change_at(device: Device, instant_ms: int, *, before: Holds) -> ActivationView:
    """Return the first view at or after the instant, which a rehearsed device publishes by itself.

    ``before`` holds for every view before the instant, and for none after it.
    """
    device.turn(instant_ms - BEFORE_MS - device.view().now)
    views = device.watch(lambda view: view.now >= instant_ms and not view.refreshing)
    for view in views:
        assert before(view) == (view.now < instant_ms), view
    assert views[-1].now < instant_ms + LATE_MS
    return views[-1]
