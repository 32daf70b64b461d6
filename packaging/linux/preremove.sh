#!/bin/sh
# Before the files go. An update (dpkg: `upgrade`, rpm: 1) removes nothing for good.
set -e

folder='@FOLDER@'
unit='@DAEMON@'

case "$1" in
    remove|0) ;;
    *) exit 0 ;;
esac

if command -v systemctl >/dev/null 2>&1; then
    for session in /run/user/*; do
        [ -S "$session/systemd/private" ] || continue
        systemctl --user --machine="${session##*/}@.host" \
            stop "$unit.socket" "$unit.service" >/dev/null 2>&1 || :
    done
    systemctl --global disable "$unit.socket" >/dev/null 2>&1 || :
fi

# Daemons that were started without systemd, and windows in the tray: all of this folder's programs.
ours() {
    for process in /proc/[0-9]*; do
        case $(readlink "$process/exe" 2>/dev/null) in
            "$folder"/*) echo "${process##*/}" ;;
        esac
    done
}

for number in $(ours); do
    kill "$number" 2>/dev/null || :
done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -n "$(ours)" ] || exit 0
    sleep 1
done
for number in $(ours); do
    kill -KILL "$number" 2>/dev/null || :
done
