#!/bin/sh
# After the files are in place. dpkg says `configure` and the version before, if there was one;
# rpm says how many versions are installed now.
set -e

folder='@FOLDER@'
unit='@DAEMON@'

case "$1 ${2:+before}" in
    "configure "|"1 ") first=yes ;;
    *) first=no ;;
esac

# Is a daemon of a process's number run by systemd, which restarts it by itself?
by_systemd() {
    grep -q "/$unit\.service\$" "/proc/$1/cgroup" 2>/dev/null
}

# Ends a daemon that runs the files of the version before, and starts the new one as the same user,
# with the same environment and arguments. What it needs later would come from files not its own.
restart() {
    status="/proc/$1/status"
    # It may end by itself at any time: then there is nothing to restart.
    uid=$(sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "$status" 2>/dev/null) || return 0
    gid=$(sed -n 's/^Gid:[[:space:]]*\([0-9]*\).*/\1/p' "$status" 2>/dev/null) || return 0
    words=$(mktemp)
    # The address was for whoever started the old one.
    grep -z -v '^NOTIFY_SOCKET=' "/proc/$1/environ" >"$words" 2>/dev/null || :
    printf '%s\0' "$folder/keysteadd" >>"$words"
    tail -z -n +2 "/proc/$1/cmdline" >>"$words" 2>/dev/null || :
    kill "$1" 2>/dev/null || :
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -e "/proc/$1" ] || break
        sleep 1
    done
    # The shell between leaves it to itself, so that neither xargs nor this script waits for it.
    # shellcheck disable=SC2016
    (cd / && xargs -0 -a "$words" sh -c 'setsid "$@" </dev/null >/dev/null 2>&1 &' sh \
        setpriv --reuid="$uid" --regid="$gid" --init-groups env -i) || :
    rm -f "$words"
}

# The product's links find the window from here on.
if command -v update-desktop-database >/dev/null 2>&1; then
    update-desktop-database -q /usr/share/applications || :
fi
if command -v gtk-update-icon-cache >/dev/null 2>&1; then
    gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || :
fi
if [ "$first" = yes ]; then
    if command -v systemctl >/dev/null 2>&1; then
        # From the next login on; whoever switches it off later is not overruled by an update.
        systemctl --global enable "$unit.socket" >/dev/null 2>&1 || :
    fi
    exit 0
fi
if command -v systemctl >/dev/null 2>&1; then
    for session in /run/user/*; do
        [ -S "$session/systemd/private" ] || continue
        for do in daemon-reload "try-restart $unit.service"; do
            # shellcheck disable=SC2086
            systemctl --user --machine="${session##*/}@.host" $do >/dev/null 2>&1 || :
        done
    done
fi
for process in /proc/[0-9]*; do
    case $(readlink "$process/exe" 2>/dev/null) in
        "$folder/keysteadd"|"$folder/keysteadd (deleted)") ;;
        *) continue ;;
    esac
    number=${process##*/}
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "$process/status" 2>/dev/null) || continue
    # A helper ends with the daemon that started it.
    case $(readlink "/proc/${parent:-0}/exe" 2>/dev/null) in
        "$folder/keysteadd"*) continue ;;
    esac
    by_systemd "$number" || restart "$number"
done
