"""The daemon's invariants over generated histories of keys, manifests and files.

A backend signs by any key and publishes what it likes, and somebody replaces ``keys.jws``. The plan
is the real one.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from keystead import jose
from keystead.errors import InvalidDocument
from keystead.instants import DAY_MS, HOUR_MS, MINUTE_MS
from keystead.key_manifest import ManifestVersion, verify_key_manifest
from keystead.keys import SigningKey
from keystead_daemon.events import ClockChecked, RefreshRequested, Stopping
from support.documents import (
    BACKEND,
    NEXT,
    NOW_MS,
    PRODUCT,
    ROOT,
    ROOTS,
    STRANGER,
    make_license,
    make_manifest,
)
from support.nightly import examples
from support.plan_world import PlanWorld

SIGNERS = [BACKEND, NEXT, SigningKey(b"3" * 32)]
MANIFESTS = (
    st.none()
    | st.just("x.y.z")
    | st.builds(
        lambda version, keys, root, product, day: make_manifest(
            version, *keys, root=root, product=product, now_ms=NOW_MS + day * DAY_MS, days=20
        ),
        version=st.integers(1, 5),
        keys=st.lists(st.sampled_from(SIGNERS), min_size=1, unique_by=lambda key: key.kid),
        root=st.sampled_from([ROOT, ROOT, ROOT, STRANGER]),
        product=st.sampled_from([PRODUCT, PRODUCT, PRODUCT, "acme"]),
        day=st.integers(-40, 40),
    )
)


class KeyHistory(RuleBasedStateMachine):
    """A paid device, with an honest clock that a person may set back."""

    def __init__(self) -> None:
        super().__init__()
        self.world = PlanWorld(roots=ROOTS)
        self.highest: ManifestVersion | None = None
        self.count = 0
        self.starts = 1
        self.began_ms = self.world.boot_ms

    @initialize()
    def a_device_is_activated(self) -> None:
        self.world.activate()

    @rule(ms=st.sampled_from([0, MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS]))
    def time_passes(self, ms: int) -> None:
        self.world.pass_ms(ms)

    @rule(ms=st.integers(0, 100 * DAY_MS))
    def the_wall_clock_is_set_back(self, ms: int) -> None:
        self.world.wall_ms = max(self.world.wall_ms - ms, 0)
        self.world.happen(ClockChecked())

    @rule()
    def a_person_refreshes(self) -> None:
        self.world.happen(RefreshRequested())

    @precondition(lambda self: self.world.asked is not None)
    @rule(key=st.sampled_from([*SIGNERS, STRANGER]))
    def the_backend_answers(self, key: SigningKey) -> None:
        now_ms = NOW_MS + self.world.boot_ms - self.began_ms
        self.count += 1
        license = make_license(
            now_ms=now_ms - now_ms % 1000,
            period_end_ms=now_ms + 300 * DAY_MS,
            jti=f"{self.count:06}",
        )
        self.world.answer(license, key)

    @precondition(lambda self: self.world.asked is not None)
    @rule()
    def the_backend_is_away(self) -> None:
        self.world.fail()

    @precondition(lambda self: self.world.manifest_asked)
    @rule(manifest=MANIFESTS)
    def a_manifest_arrives(self, manifest: str | None) -> None:
        self.world.publish(manifest)

    @precondition(lambda self: self.world.manifest_asked)
    @rule()
    def no_manifest_arrives(self) -> None:
        self.world.fail_manifest()

    @rule(clean=st.booleans(), file=MANIFESTS)
    def the_daemon_starts_beside_another_file(self, clean: bool, file: str | None) -> None:
        if clean:
            self.world.happen(Stopping())
        self.world.disk.key_manifest = file
        self.world.start()
        self.starts += 1

    @invariant()
    def versions_never_go_back(self) -> None:
        found = self.world.state.persisted.keys_version
        if self.highest is not None:
            assert found is not None
            assert found == self.highest or found.version > self.highest.version
        self.highest = found

    @invariant()
    def only_a_root_key_replaces_the_keys(self) -> None:
        persisted, keys = self.world.state.persisted, self.world.state.signing_keys
        text = persisted.key_manifest
        if text is None:
            assert keys.in_force() == keys.pinned
        else:
            genuine = verify_key_manifest(text, roots=ROOTS, product=PRODUCT)
            assert keys.in_force() == genuine.keys
            assert genuine.remembered == persisted.keys_version

    @invariant()
    def the_license_in_force_is_by_a_key_that_counts(self) -> None:
        state = self.world.state
        if state.license is not None:
            jose.verify(state.persisted.license or "", state.signing_keys.in_force(), "license+jwt")

    @invariant()
    def a_license_by_a_key_that_counts_is_usable(self) -> None:
        state = self.world.state
        text = state.persisted.license or ""
        try:
            jose.verify(text, state.signing_keys.in_force(), "license+jwt")
        except InvalidDocument:
            return
        # A device whose license was revoked and whose key came back has to ask again.
        if state.refused is None:
            assert self.world.view.usable

    @invariant()
    def nothing_waits_for_ever(self) -> None:
        state = self.world.state
        if state.key_updates.held is not None:
            assert self.world.manifest_asked
        elif state.request_in_flight is not None:
            assert self.world.asked is not None
        assert state.key_updates.in_flight == self.world.manifest_asked

    @invariant()
    def requests_for_manifests_are_few(self) -> None:
        passed_ms = self.world.boot_ms - self.began_ms
        # At each start, daily, and in each of these a few because of unknown keys or failures.
        allowed = self.starts * 8 + passed_ms // HOUR_MS + passed_ms // (DAY_MS // 2) + 8
        assert self.world.manifest_asks <= allowed


KeyHistory.TestCase.settings = settings(max_examples=examples(40, 400), stateful_step_count=30)
test_key_history = KeyHistory.TestCase
