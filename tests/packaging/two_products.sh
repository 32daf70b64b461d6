# Two vendors' packages on one machine: run as root in a bare Debian by test_two_products.py.
set -eu

as_ada() {
    setpriv --reuid=1000 --regid=1000 --clear-groups env -i HOME=/srv/ada \
        XDG_RUNTIME_DIR=/run/user/1000 KEYSTEAD_SECRETS=file QT_QPA_PLATFORM=offscreen \
        PATH=/usr/bin:/bin "$@"
}

# The processes of a product's program, the oldest first.
processes() {
    for process in /proc/[0-9]*; do
        if [ "$(readlink "$process/exe" 2>/dev/null)" = "/opt/$1-keystead/$2" ]; then
            echo "${process##*/}"
        fi
    done | sort -n
}

daemon() { processes "$1" keysteadd | head -n 1; }

# Wait for a condition, at most two minutes.
eventually() {
    for _ in $(seq 240); do
        if "$@"; then return 0; fi
        sleep 0.5
    done
    echo "NEVER: $*"
    exit 1
}

fact() { echo "FACT $1 $2"; }

status() {
    code=0
    as_ada "$1-keystead" status --json >/tmp/status.json 2>/tmp/status.err || code=$?
    fact "status-$1" "$code $(python3 -c 'import json; print(json.load(open("/tmp/status.json"))["product"])')"
}

export DEBIAN_FRONTEND=noninteractive
apt-get -q -y update >/dev/null
apt-get -q -y install --no-install-recommends desktop-file-utils >/dev/null
useradd --uid 1000 --home-dir /srv/ada --create-home ada
install -d -m 700 -o ada -g ada /run/user/1000

apt-get -q -y install --no-install-recommends /packages/nyra.deb /packages/acme.deb >/tmp/apt.log 2>&1 ||
    { cat /tmp/apt.log; exit 1; }
fact installed "$(dpkg-query -W -f '${Package}=${Version} ' nyra acme+notes)"

status nyra
status acme_notes
fact daemons "$(daemon nyra) $(daemon acme_notes)"
fact sockets "$(cd /run/user/1000 && echo */keysteadd.sock)"
fact states "$(cd /srv/ada/.local/state && echo *)"
fact links "$(grep -o 'keystead-[a-z+]*=.*' /usr/share/applications/mimeinfo.cache | sort | tr '\n' ' ')"
fact usage "$(as_ada acme_notes-keystead --help | head -n 1)"
fact missing "$(as_ada acme_notes-keystead nothing 2>&1 | head -n 1 | cut -d' ' -f1-2)"

(as_ada acme_notes-keystead-desktop >/dev/null 2>&1 &)
(as_ada nyra-keystead-desktop >/dev/null 2>&1 &)
eventually [ -S /run/user/1000/acme_notes/desktop.sock ]
eventually [ -S /run/user/1000/nyra/desktop.sock ]

# An update restarts this product's daemon, with its user, environment and arguments.
before="$(daemon nyra) $(daemon acme_notes)"
environment() { tr '\0' '\n' <"/proc/$(daemon acme_notes)/environ" | grep -E '^(HOME|KEYSTEAD|XDG)' | sort; }
environment >/tmp/before
dpkg -i /packages/acme-newer.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
was=${before#* }
restarted() { now=$(daemon acme_notes); [ -n "$now" ] && [ "$now" != "$was" ]; }
eventually restarted
fact updated "$(dpkg-query -W -f '${Version}' acme+notes)"
fact kept "$([ "$(daemon nyra)" = "${before% *}" ] && echo yes)"
fact owner "$(stat -c %U "/proc/$(daemon acme_notes)")"
fact same-environment "$(environment | diff - /tmp/before >/dev/null && echo yes)"
status acme_notes

# Removal ends this product's programs and leaves the other's alone.
apt-get -q -y remove acme+notes >/tmp/apt.log 2>&1 || { cat /tmp/apt.log; exit 1; }
fact left-running "$(processes acme_notes keysteadd)$(processes acme_notes keystead-desktop)"
fact other-runs "$([ "$(daemon nyra)" = "${before% *}" ] && [ -n "$(processes nyra keystead-desktop)" ] && echo yes)"
fact left-files "$(find /opt /usr -name '*acme*' | tr '\n' ' ')"
status nyra
fact purged "$(dpkg --purge acme+notes 2>&1 | grep -c 'licenses of acme_notes stay')"
fact license-kept "$([ -d /srv/ada/.local/state/acme_notes ] && echo yes)"
fact links-left "$(grep -o 'keystead-[a-z+]*=.*' /usr/share/applications/mimeinfo.cache | tr '\n' ' ')"
apt-get -q -y purge nyra >/dev/null 2>&1
fact left-at-last "$(find /opt /usr -name '*nyra*' -o -name '*keystead*' | grep -v /usr/src | tr '\n' ' ')$(daemon nyra)"
echo FACT end reached
