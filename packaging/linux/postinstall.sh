#!/bin/sh
# After the files are in place. dpkg says `configure` and the version before, if there was one;
# rpm says how many versions are installed now.
set -e

case "$1 ${2:+before}" in
    "configure "|"1 ") first=yes ;;
    *) first=no ;;
esac

# `keystead:` links find the window from here on.
if command -v update-desktop-database >/dev/null 2>&1; then
    update-desktop-database -q /usr/share/applications || :
fi
if command -v gtk-update-icon-cache >/dev/null 2>&1; then
    gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || :
fi
if command -v systemctl >/dev/null 2>&1; then
    if [ "$first" = yes ]; then
        # From the next login on; whoever switches it off later is not overruled by an update.
        systemctl --global enable keysteadd.socket >/dev/null 2>&1 || :
    else
        # A daemon that runs on would load what it needs later from files that are not its own.
        for session in /run/user/*; do
            [ -S "$session/systemd/private" ] || continue
            for do in daemon-reload "try-restart keysteadd.service"; do
                # shellcheck disable=SC2086
                systemctl --user --machine="${session##*/}@.host" $do >/dev/null 2>&1 || :
            done
        done
    fi
fi
