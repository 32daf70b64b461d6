#!/bin/sh
# Before the files go. An update (dpkg: `upgrade`, rpm: 1) removes nothing for good.
set -e

case "$1" in
    remove|0) ;;
    *) exit 0 ;;
esac

if command -v systemctl >/dev/null 2>&1; then
    for session in /run/user/*; do
        [ -S "$session/systemd/private" ] || continue
        systemctl --user --machine="${session##*/}@.host" \
            stop keysteadd.socket keysteadd.service >/dev/null 2>&1 || :
    done
    systemctl --global disable keysteadd.socket >/dev/null 2>&1 || :
fi
