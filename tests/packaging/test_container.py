"""The container: rules for its files, and its steps run in a bare Debian, without an engine."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from keystead_stub.commands.exposures import CONTROL_TOKEN, PUBLIC_URL, TRUSTED_PROXIES
from keystead_stub.main import argument_parser
from keystead_stub.ops import config_file
from keystead_stub.ops.production_values import NAMES
from keystead_stub.settings import CALLER_SECRETS, CONFIRMATIONS, SECRETS, VARS
from support.bare_debian import BareDebian
from support.dockerfile import Stage, read_dockerfile

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging" / "container"
STAGES = read_dockerfile(FOLDER / "Dockerfile")
RUNTIME = STAGES[-1]
IGNORED = (FOLDER / "Dockerfile.dockerignore").read_text().splitlines()
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
_SECRET_NAME = re.compile(r"SECRET|TOKEN|PASSWORD|_KEY\b", re.IGNORECASE)
#: libpq's own variable.
_LIBPQ = "PGPASSWORD"


def copied(stage: Stage) -> Iterator[tuple[list[str], str]]:
    """Yield sources and destination of what a stage copies from the sources."""
    for one in stage.all_of("COPY"):
        if not one.text.startswith("--from="):
            *sources, destination = one.words
            yield sources, destination


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name or "runtime")
def test_each_stage_is_built_as_images_should_be(stage: Stage) -> None:
    assert re.fullmatch(r"[a-z./-]+:[a-z0-9.-]+", stage.base)
    assert not stage.base.endswith(":latest")
    assert stage.all_of("ADD") == []
    for run in stage.all_of("RUN"):
        text = run.text
        assert "sudo" not in text
        assert not re.search(r"\b(curl|wget)\b", text), "what is downloaded has to be pinned"
        if "apt-get" in text:
            assert "apt-get update" in text
            assert "--no-install-recommends" in text
            assert "--yes" in text
            assert text.rstrip().find("rm -rf /var/lib/apt/lists/*") > text.find("install")
            assert "upgrade" not in text
        if "pip install" in text:
            assert "--no-cache-dir" in text
            assert "--require-hashes" in text or "--no-deps" in text


def test_no_stage_holds_a_secret() -> None:
    for stage in STAGES:
        for one in (*stage.all_of("ENV"), *stage.all_of("ARG")):
            assert not _SECRET_NAME.search(one.text), one.text


def test_the_image_runs_as_a_numbered_user_that_is_not_root() -> None:
    (user,) = RUNTIME.all_of("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user.text)
    names = [one.name for one in RUNTIME.instructions]
    assert "RUN" not in names[names.index("USER") :]


def test_the_image_has_a_health_check_and_gets_its_signals() -> None:
    """Only in the exec form does the backend, and no shell, get SIGTERM."""
    (check,) = RUNTIME.all_of("HEALTHCHECK")
    assert "/health/ready" in check.text
    for name in ("ENTRYPOINT", "CMD"):
        (one,) = RUNTIME.all_of(name)
        assert one.text.startswith("["), name


def test_the_image_gets_what_it_copies_and_nothing_else() -> None:
    assert IGNORED[IGNORED.index("*") - 1].startswith("#")
    allowed = {line[1:] for line in IGNORED if line.startswith("!")}
    sources = {source for stage in STAGES for found, _ in copied(stage) for source in found}
    assert sources == allowed
    assert all((ROOT / source).exists() for source in sources)


def test_the_packages_of_the_image_are_pinned_with_the_versions_of_the_tests() -> None:
    def pins(path: Path) -> Mapping[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", path.read_text(), re.MULTILINE))

    image, tested = pins(FOLDER / "requirements.txt"), pins(ROOT / "constraints.txt")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tools = {re.split("[<>=]", one)[0] for one in project["build-system"]["requires"]}
    assert {"litestar", "psycopg-binary", "uvicorn"} | tools <= set(image)
    (build,) = [stage for stage in STAGES if stage.name == "build"]
    (removing,) = [one.text for one in build.all_of("RUN") if "pip uninstall" in one.text]
    assert tools <= set(removing.split()), "what builds has no use in the image"
    assert {name: tested.get(name) for name in image} == image
    assert "pyside6-essentials" not in image


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "privileged" not in service
    assert re.fullmatch(r"[a-z-]+:[a-z0-9.-]+", service["image"])
    assert not service["image"].endswith(":latest")
    assert "healthcheck" in service or "build" in service
    assert "/var/run/docker.sock" not in str(service)


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["database"]["networks"] == ["inside"]


def test_no_secret_stands_in_the_files() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if _SECRET_NAME.search(name) or name == _LIBPQ:
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
    for example in ("env.example", "secrets.example"):
        lines = (FOLDER / example).read_text().splitlines()
        assert all(line.startswith("#") or line.endswith("=") for line in lines)


def test_every_variable_is_one_that_the_backend_reads() -> None:
    known = {*SECRETS, *CALLER_SECRETS, *VARS, *NAMES, _LIBPQ}
    known |= {CONTROL_TOKEN, PUBLIC_URL, TRUSTED_PROXIES, config_file.VARIABLE}
    assert set(SERVICES["backend"]["environment"]) <= known
    named = re.findall(r"^(\w+)=", (FOLDER / "secrets.example").read_text(), re.MULTILINE)
    assert set(named) <= known
    assert set(SECRETS) <= set(named)


def test_the_backend_trusts_the_proxy_alone_and_has_time_to_drain() -> None:
    backend, proxy = SERVICES["backend"], SERVICES["proxy"]
    address = proxy["networks"]["inside"]["ipv4_address"]
    assert backend["environment"][TRUSTED_PROXIES] == address
    (image,) = RUNTIME.all_of("CMD")
    for command in (image.words, backend["command"]):
        serve = argument_parser().parse_args(command)
        assert f"backend:{serve.port}" in (FOLDER / "Caddyfile").read_text()
        limit_s = int(backend["stop_grace_period"].removesuffix("s"))
        assert limit_s > serve.drain_delay + serve.drain_limit


def test_the_example_of_the_config_file_is_one_that_the_backend_takes(tmp_path: Path) -> None:
    text = (FOLDER / "config.example.toml").read_text()
    used = tmp_path / "keystead-stub.toml"
    used.write_text(re.sub(r"^# (?=[A-Z_]+ = )", "", text, flags=re.MULTILINE))
    values = config_file.read(used).values
    assert set(CONFIRMATIONS) <= set(values)


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_steps_of_the_image_make_a_backend_that_runs_confined(tmp_path: Path) -> None:
    """Run each RUN in a bare Debian; then serve as the image's user, with a read-only root."""
    debian = BareDebian(tmp_path / "root")
    try:
        debian.copy_sources(ROOT)
        for stage in STAGES:
            steps = ["set -euo pipefail"]
            for one in stage.instructions:
                if one.name == "RUN":
                    steps.append(one.text)
                elif one.name == "COPY" and not one.text.startswith("--from="):
                    *sources, destination = one.words
                    target = destination.rstrip("/")
                    folder = target if destination.endswith("/") else str(Path(target).parent)
                    steps.append(f"mkdir -p {folder}")
                    steps.append(f"cp -r {' '.join(f'/src/{one}' for one in sources)} {target}")
            built = debian.run("\n".join(steps), timeout_s=1200)
            assert built.returncode == 0, built.stdout[-4000:]
        ran = debian.run(_CONFINED.format(**_parts()), timeout_s=300)
        assert ran.returncode == 0, ran.stdout[-4000:]
        assert "refused without a token" in ran.stdout
        assert "ended cleanly" in ran.stdout
    finally:
        shutil.rmtree(debian.root)


#: As the engine would: the image's user, no capability, nothing to write to but /tmp.
_CONFINED = """
set -euo pipefail
mount -t tmpfs tmpfs /tmp
mount -o remount,bind,ro /
as_user=(setpriv --reuid {uid} --regid {gid} --clear-groups --no-new-privs --bounding-set=-all)
export HOME=/tmp {environment}
cd /tmp
/opt/keystead/bin/python -c "import psycopg"
if touch /opt/keystead/written 2>/dev/null; then echo "the root can be written"; exit 1; fi
"${{as_user[@]}}" {entrypoint} {command} 2>/tmp/refusal && exit 1
grep -q {token} /tmp/refusal && echo "refused without a token"
export {token}=0123456789abcdef0123456789abcdef
"${{as_user[@]}}" {entrypoint} {command} >/tmp/said 2>&1 &
backend=$!
for _ in $(seq 300); do
    if "${{as_user[@]}}" {check} 2>/dev/null; then break; fi
    kill -0 $backend || {{ cat /tmp/said; exit 1; }}
    sleep 0.2
done
"${{as_user[@]}}" {check}
kill -TERM $backend
wait $backend
echo "ended cleanly"
"""


def _parts() -> dict[str, str]:
    (user,), (check,) = RUNTIME.all_of("USER"), RUNTIME.all_of("HEALTHCHECK")
    (entrypoint,), (command,) = RUNTIME.all_of("ENTRYPOINT"), RUNTIME.all_of("CMD")
    uid, _, gid = user.text.partition(":")
    checking = check.text[check.text.index("CMD ") + len("CMD ") :]
    return {
        "uid": uid,
        "gid": gid,
        "token": CONTROL_TOKEN,
        "environment": " ".join(one.text for one in RUNTIME.all_of("ENV")),
        "entrypoint": shlex.join(entrypoint.words),
        "command": shlex.join(command.words),
        "check": shlex.join(yaml.safe_load(checking)),
    }
