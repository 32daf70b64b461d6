#!/usr/bin/env bash
# Installs the Debian packages that Keystead needs. Without root, prints the command instead.
# Usage: packaging/debian-packages.sh window|test|nightly
set -euo pipefail

qt=(libdbus-1-3 libegl1 libfontconfig1 libfreetype6 libgl1 libglib2.0-0 libxkbcommon0 fonts-dejavu-core)
screen=(libwayland-client0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1
    libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0)
# Playwright's node needs libatomic1, and systemd-analyze looks up manual pages (man-db).
tests=(appstream chromium dbus desktop-file-utils faketime fonts-noto-cjk gnome-keyring iproute2
    libatomic1 libglib2.0-bin libx11-6 man-db postgresql procps strace systemd util-linux xauth xdg-utils xvfb)
# Runs the reader in JavaScript. Many machines have a newer one than Debian's.
command -v node >/dev/null || tests+=(nodejs)
# The nightly run builds a bare Debian and runs the tests in it, serves behind a real proxy, and
# checks our packages.
nightly=(debootstrap lintian nginx-light)

case "${1-}" in
    window) wanted=("${qt[@]}" "${screen[@]}") ;;
    test) wanted=("${qt[@]}" "${screen[@]}" "${tests[@]}") ;;
    nightly) wanted=("${qt[@]}" "${screen[@]}" "${tests[@]}" "${nightly[@]}") ;;
    *) printf 'usage: %s window|test|nightly\n' "$0" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
    # Other systems name packages differently and often have them: a test that misses one says so.
    printf 'keystead: not a Debian system; install the equivalents of: %s\n' "${wanted[*]}"
    exit 0
fi

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing=()
for package in "${wanted[@]}"; do
    # Newer releases renamed some (libglib2.0-0t64); apt-get still finds them under the old name.
    installed "$package" || installed "${package}t64" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    printf 'keystead: these Debian packages are missing; install them with\n    sudo apt-get install --no-install-recommends %s\n' \
        "${missing[*]}" >&2
    exit 1
fi
printf 'keystead: installing %s\n' "${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    exit 1
fi
