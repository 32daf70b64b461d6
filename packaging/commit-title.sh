#!/usr/bin/env bash
# Refuses a commit whose title is longer than 72 characters.
# Usage: packaging/commit-title.sh MESSAGE_FILE
set -euo pipefail
# Bash counts characters, not bytes, in a UTF-8 locale only.
export LC_ALL=C.UTF-8

IFS= read -r title <"$1" || true
if [ ${#title} -gt 72 ]; then
    printf 'The title has %s characters; at most 72 are allowed:\n%s\n' "${#title}" "$title" >&2
    exit 1
fi
