"""Key manifests in the daemon: when they are requested, and what follows from each."""

from __future__ import annotations

import msgspec
import pytest

from keystead import hints
from keystead.activation import State
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.key_manifest import verify_key_manifest
from keystead_daemon.events import (
    DocumentImported,
    KeysOpened,
    RefreshRequested,
    Stopping,
)
from keystead_daemon.state import PersistedState
from support.documents import (
    BACKEND,
    DEVICE,
    NEXT,
    NOW_MS,
    PRODUCT,
    ROOT,
    ROOTS,
    STRANGER,
    make_license,
    make_manifest,
    signed_license,
)
from support.plan_world import PlanWorld

BOTH = make_manifest(1, BACKEND, NEXT)
ONLY_NEXT = make_manifest(2, NEXT)


@pytest.fixture
def world() -> PlanWorld:
    """An activated device, whose backend publishes no manifest yet."""
    world = PlanWorld(roots=ROOTS)
    world.start()
    world.publish(None)
    world.activate()
    world.publish(None)
    return world


def refresh(world: PlanWorld) -> None:
    world.happen(RefreshRequested())


def keys_of(world: PlanWorld) -> set[str]:
    return {key.kid for key in world.state.signing_keys.trusted()}


def test_without_root_keys_no_manifest_is_requested() -> None:
    world = PlanWorld()
    world.activate()
    world.pass_ms(3 * DAY_MS)
    assert world.manifest_asks == 0
    assert hints.KEYS_STALE not in world.view.hints


def test_a_manifest_is_requested_at_the_start_and_once_a_day(world: PlanWorld) -> None:
    before = world.manifest_asks
    passed_ms = 0
    while world.manifest_asks == before and passed_ms <= DAY_MS:
        world.pass_ms(HOUR_MS)
        passed_ms += HOUR_MS
        if world.asked is not None:
            world.answer(make_license(now_ms=world.true_ms))
    assert world.manifest_asks == before + 1
    assert DAY_MS * 0.85 <= passed_ms <= DAY_MS
    world.start()
    assert world.manifest_asks == before + 2


def test_nothing_is_requested_before_the_keys_are_open() -> None:
    world = PlanWorld(roots=ROOTS)
    world.start(unlocked=False)
    assert world.manifest_asks == 0
    world.unlock()
    assert world.manifest_asks == 1


def test_a_switch_to_a_new_key_needs_one_refresh(world: PlanWorld) -> None:
    refresh(world)
    world.answer(make_license(now_ms=world.true_ms, jti="new"), NEXT)
    # The answer waits for the manifest, and so do the people who asked.
    assert world.manifest_asked
    assert (world.view.refreshing, world.view.usable) == (True, True)
    world.publish(BOTH)
    assert (world.view.usable, world.view.last_error, world.view.hints) == (True, None, ())
    assert world.state.license is not None
    assert (world.state.license.jti, world.view.refreshing) == ("new", False)
    assert world.disk.key_manifest == BOTH
    remembered = verify_key_manifest(BOTH, roots=ROOTS, product=PRODUCT).remembered
    assert world.disk.device is not None
    assert world.disk.device.key_manifest == remembered
    # It is still there after a restart, before the keys are open too.
    world.start(unlocked=False)
    assert world.view.usable
    world.unlock()
    assert world.view.usable


@pytest.mark.parametrize("helps_not", [None, make_manifest(1, BACKEND), "junk", ""])
def test_an_unknown_key_stays_unknown_without_a_manifest(
    world: PlanWorld, helps_not: str | None
) -> None:
    refresh(world)
    world.answer(make_license(now_ms=world.true_ms, jti="new"), STRANGER)
    world.publish(helps_not)
    assert (world.view.usable, world.view.last_error) == (True, "unknown_key")
    assert hints.LICENSE_REFUSED in world.view.hints
    assert not world.view.refreshing
    assert world.view.next_refresh_at is not None


def test_unknown_keys_cause_few_requests(world: PlanWorld) -> None:
    before = world.manifest_asks
    for _ in range(60):
        refresh(world)
        world.answer(make_license(now_ms=world.true_ms), STRANGER)
        if world.manifest_asked:
            world.publish(None)
        world.pass_ms(MINUTE_MS)
    # At once, then after 1, 2, 4, 8, 16 and 32 minutes.
    assert 5 <= world.manifest_asks - before <= 7
    assert world.view.usable


def test_a_failing_route_causes_few_requests(world: PlanWorld) -> None:
    world.start()
    before = world.manifest_asks
    for _ in range(60):
        if world.manifest_asked:
            world.fail_manifest()
        if world.asked is None:
            refresh(world)
        world.answer(make_license(now_ms=world.true_ms))
        world.pass_ms(MINUTE_MS)
    assert 5 <= world.manifest_asks - before <= 8
    # No answer is no refusal: nobody has to do anything.
    assert world.view.hints == ()


def test_after_an_outage_the_manifest_is_requested_with_the_first_answer(world: PlanWorld) -> None:
    world.start()
    world.fail()
    world.fail_manifest()
    before = world.manifest_asks
    world.pass_ms(6 * HOUR_MS)
    world.fail()
    assert world.manifest_asks == before
    world.pass_ms(7 * HOUR_MS)
    world.answer(make_license(now_ms=world.true_ms))
    assert world.manifest_asks == before + 1


def test_a_daily_manifest_in_flight_serves_an_answer_that_needs_it(world: PlanWorld) -> None:
    world.start()
    assert world.manifest_asked
    world.answer(make_license(now_ms=world.true_ms, jti="new"), NEXT)
    assert world.manifest_asks
    world.publish(BOTH)
    assert world.state.license is not None
    assert world.state.license.jti == "new"


def test_a_revoked_key_ends_the_license_here_and_a_refresh_is_sent_at_once(
    world: PlanWorld,
) -> None:
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(ONLY_NEXT)
    assert (world.view.state, world.view.reason) == (State.UNTRUSTED, "unknown_key")
    assert world.asked is not None
    world.answer(make_license(now_ms=world.true_ms, jti="new"), NEXT)
    assert (world.view.usable, world.view.hints) == (True, ())
    # The refused file was renamed and not overwritten.
    assert len(world.disk.aside) == 1


def test_a_revoked_license_does_not_come_back(world: PlanWorld) -> None:
    old = world.disk.license or ""
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(ONLY_NEXT)
    world.fail()
    world.happen(Stopping())
    for _ in range(2):
        world.start()
        assert world.view.reason == "unknown_key"
        # Somebody deletes the file, puts an older one in its place, or imports the license.
        world.disk.key_manifest = None
        world.disk.license = old
    world.disk.key_manifest = BOTH
    world.start(unlocked=False)
    assert world.view.reason == "unknown_key"
    assert hints.KEYS_REFUSED in world.view.hints
    world.unlock()
    assert hints.KEYS_REFUSED not in world.view.hints
    assert keys_of(world) == {NEXT.kid}
    assert world.disk.key_manifest == ONLY_NEXT
    with pytest.raises(InvalidDocument, match="unknown key"):
        world.happen(DocumentImported(signed_license(now_ms=world.true_ms)))


@pytest.mark.parametrize(
    ("manifest", "code"),
    [
        (BOTH, "superseded"),
        (make_manifest(2, BACKEND, NEXT), "version_conflict"),
        (make_manifest(3, BACKEND, root=STRANGER), "unknown_key"),
        (make_manifest(3, STRANGER, root=BACKEND), "unknown_key"),
        (make_manifest(3, BACKEND, product="acme"), "wrong_product"),
        (make_manifest(3, BACKEND, now_ms=NOW_MS + DAY_MS), "not_yet_valid"),
        ("x" * 20_000, "too_large"),
    ],
)
def test_a_refused_manifest_changes_nothing_and_is_reported(
    world: PlanWorld, manifest: str, code: str
) -> None:
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(make_manifest(2, BACKEND))
    keys, text = keys_of(world), world.disk.key_manifest
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(manifest)
    assert world.state.key_updates.failure is not None
    assert world.state.key_updates.failure.code == code
    assert hints.KEYS_REFUSED in world.view.hints
    assert (keys_of(world), world.disk.key_manifest) == (keys, text)
    assert world.view.usable


def test_a_manifest_that_has_ended_counts_and_is_reported(world: PlanWorld) -> None:
    ended = make_manifest(5, BACKEND, now_ms=NOW_MS - 9 * DAY_MS, days=2)
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(ended)
    assert world.view.usable
    assert hints.KEYS_STALE in world.view.hints
    assert keys_of(world) == {BACKEND.kid}


def test_a_clock_that_is_far_behind_does_not_keep_new_keys_out(world: PlanWorld) -> None:
    """An answer to this device's question tells the time, by a key that a root key names."""
    future = make_manifest(1, NEXT, now_ms=NOW_MS + 40 * DAY_MS)
    world.wall_ms = NOW_MS + 41 * DAY_MS
    license = make_license(
        now_ms=world.true_ms, period_end_ms=world.true_ms + 30 * DAY_MS, jti="new"
    )
    world.reboot(off_ms=0)
    world.wall_ms = NOW_MS
    world.start()
    world.publish(future)
    assert hints.KEYS_REFUSED in world.view.hints
    world.answer(license, NEXT)
    world.publish(future)
    assert (world.view.usable, world.view.last_error) == (True, None)


def test_an_answer_by_a_stranger_does_not_tell_the_time(world: PlanWorld) -> None:
    future = make_manifest(1, NEXT, now_ms=NOW_MS + 40 * DAY_MS)
    refresh(world)
    end_ms = NOW_MS + 70 * DAY_MS
    world.answer(make_license(now_ms=NOW_MS + 41 * DAY_MS, period_end_ms=end_ms), STRANGER)
    world.publish(future)
    assert keys_of(world) == {BACKEND.kid}
    assert world.state.key_updates.failure is not None
    assert world.state.key_updates.failure.code == "not_yet_valid"


def test_a_computer_without_a_network_imports_the_manifest(world: PlanWorld) -> None:
    license = signed_license(NEXT, now_ms=world.true_ms, jti="new")
    with pytest.raises(InvalidDocument, match="unknown key"):
        world.happen(DocumentImported(license))
    world.happen(DocumentImported(ONLY_NEXT))
    assert world.view.reason == "unknown_key"
    world.happen(DocumentImported(license))
    assert world.view.usable
    assert (world.disk.key_manifest, world.disk.license) == (ONLY_NEXT, license)
    for refused in (BOTH, make_manifest(3, BACKEND, root=STRANGER), "junk"):
        with pytest.raises(InvalidDocument):
            world.happen(DocumentImported(refused))
    assert keys_of(world) == {NEXT.kid}


def test_a_manifest_is_accepted_before_there_is_a_license() -> None:
    world = PlanWorld(roots=ROOTS)
    world.start()
    world.publish(BOTH)
    assert world.disk.key_manifest == BOTH
    world.start()
    saves = world.saves
    world.publish(BOTH)
    assert (world.saves, world.view.state) == (saves, State.UNACTIVATED)


def test_without_root_keys_an_unknown_key_is_refused_at_once() -> None:
    world = PlanWorld()
    world.activate()
    refresh(world)
    world.answer(make_license(now_ms=world.true_ms), NEXT)
    assert (world.view.last_error, world.manifest_asks) == ("unknown_key", 0)
    with pytest.raises(InvalidDocument):
        world.happen(DocumentImported(BOTH))


def test_versions_survive_a_profile_without_root_keys(world: PlanWorld) -> None:
    world.start()
    world.answer(make_license(now_ms=world.true_ms))
    world.publish(ONLY_NEXT)
    world.fail()
    world.roots = None
    world.start()
    world.answer(make_license(now_ms=world.true_ms, jti="pinned"))
    assert world.view.usable
    world.roots = ROOTS
    world.start()
    assert keys_of(world) == {NEXT.kid}


def test_a_vault_that_is_behind_the_file_is_brought_forward(world: PlanWorld) -> None:
    world.disk.key_manifest = BOTH
    world.start(unlocked=False)
    vault = msgspec.json.decode(world.disk.vault or b"", type=PersistedState)
    assert vault.keys_version is None
    world.happen(KeysOpened(DEVICE.thumbprint, vault))
    assert keys_of(world) == {BACKEND.kid, NEXT.kid}
    assert ROOT.kid not in keys_of(world)
    vault = msgspec.json.decode(world.disk.vault or b"", type=PersistedState)
    assert vault.key_manifest == BOTH
