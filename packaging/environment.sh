#!/usr/bin/env bash
# Builds or refreshes the environment that every make target runs in.
# Usage: packaging/environment.sh FOLDER PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$1
wanted=$2

supported() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null
}

fail() {
    printf 'keystead: %s\n' "$*" >&2
    exit 1
}

if ! supported "$venv/bin/python"; then
    candidates=("$wanted")
    # A name that somebody chose is not silently replaced by another.
    [ "$wanted" != python3 ] || candidates+=(
        python3.14 python3.13 python3.12 python3.11 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-4].*/bin/python3
    )
    base=
    for candidate in "${candidates[@]}"; do
        if supported "$candidate"; then base=$candidate && break; fi
    done
    [ -n "$base" ] || fail "${candidates[0]} is no Python 3.11 to 3.14: name one with make PYTHON=/path/to/python3"
    rm -rf "$venv"
    "$base" -m venv "$venv" || fail "'$base -m venv' does not work: on Debian, apt-get install python3-venv"
fi
python=$venv/bin/python
"$python" -m pip --version >/dev/null 2>&1 || "$python" -m ensurepip >/dev/null

# Trust the certificates that the system trusts, as pip does.
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_SYSTEM_CERTS=1

# uv is five times as fast, but it does not read pip's configuration, and not every platform has
# it: pip is asked for the very same files when uv cannot get them.
install() {
    "$python" -m uv pip install --quiet --python "$python" "$@" 2>/dev/null ||
        "$python" -m pip install -qq "$@"
}

one_pin() { awk -v name="$1" '/^[^ ]/ { on = index($0, name "==") == 1 } on' constraints.txt; }
pin=$(mktemp)
trap 'rm -f "$pin"' EXIT
one_pin uv >"$pin"
"$python" -m pip install -qq --no-deps --only-binary :all: --require-hashes \
    -r "$pin" || printf 'keystead: going on without uv, which takes a minute\n'

install --require-hashes -r constraints.txt
# The build backend is pinned above with everything else, so none is fetched for the build.
install --no-deps --no-build-isolation --editable .
touch "$venv/.complete"
printf 'keystead: environment ready in %s (%s)\n' "$venv" "$("$python" --version)"
