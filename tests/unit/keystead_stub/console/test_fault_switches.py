"""The console's fault switches: one of each group, and in step with the controls."""

import pytest

from keystead_stub.console.fault_switches import GROUPS, Switch, find, in_force, is_on, press
from keystead_stub.http.faults import Faults

SWITCHES = [one for group in GROUPS.values() for one in group]


def named(name: str) -> Switch:
    found = find(name)
    assert found is not None
    return found


def on(faults: Faults) -> set[str]:
    return {one.name for one in SWITCHES if is_on(one, faults)}


@pytest.mark.parametrize("switch", SWITCHES, ids=lambda one: one.name)
def test_a_switch_can_be_turned_on_and_off(switch: Switch) -> None:
    pressed = press(switch, Faults())
    assert on(pressed) == {switch.name}
    assert press(switch, pressed) == Faults()


def test_groups_of_switches_are_independent() -> None:
    faults = press(named("down"), press(named("hold"), Faults()))
    assert on(faults) == {"down", "hold"}
    assert on(press(named("slow"), faults)) == {"slow", "hold"}
    assert on(press(named("twice"), faults)) == {"down", "hold", "twice"}
    assert on(press(named("behind"), press(named("ahead"), faults))) == {"down", "hold", "behind"}


def test_faults_set_by_a_control_are_shown() -> None:
    faults = Faults(status=503, path="/api/billing")
    assert on(faults) == set()
    assert in_force(faults) == '{"status":503,"path":"/api/billing"}'
    assert in_force(Faults()) is None
    assert find("dance") is None
