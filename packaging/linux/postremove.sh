#!/bin/sh
# After the files went: nobody is to be sent to a window that is no more.
set -e

if command -v update-desktop-database >/dev/null 2>&1; then
    update-desktop-database -q /usr/share/applications || :
fi
if command -v gtk-update-icon-cache >/dev/null 2>&1; then
    gtk-update-icon-cache -q -t -f /usr/share/icons/hicolor || :
fi
if [ "$1" = purge ]; then
    # A license was paid for, and may be needed again: what is in people's homes is theirs.
    echo "The licenses of @PRODUCT@ stay in people's homes: ~/.local/state/@PRODUCT@ and ~/.config/@PRODUCT@"
fi
