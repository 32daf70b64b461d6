"""What `keystead doctor` and the page of diagnostics look at, and what came of it.

``check.NAME`` is what is looked at; ``check.NAME.CODE`` what came of it, with ``.next`` where there
is something to do. A code that is an error's has its words in `problems`.
"""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "checks.well": "All is well.",
    "checks.not_well": "Something needs attention.",
    "check.any.untried": "Not looked at, because something else has to work first.",
    "check.any.timed_out": "No answer in time ({seconds} s).",
    "check.any.timed_out.next": "Look again later. If it hangs again, restart this computer.",
    "check.any.unknown": "It says “{code}”.",
    "check.profile": "Profile",
    "check.profile.ok": "{name} ({product})",
    "check.files": "Files",
    "check.files.ok": "In {folder}, for you alone.",
    "check.files.open": "Others can get at: {files}.",
    "check.files.open.next": "Make {folder} and what is in it belong to you alone (chmod -R"
    " go-rwx).",
    "check.files.foreign": "These belong to somebody else: {files}.",
    "check.files.foreign.next": "Make {folder} and what is in it belong to you alone (chown,"
    " chmod -R go-rwx).",
    "check.files.unwritable": "These cannot be written: {files}.",
    "check.files.unwritable.next": "Make {folder} and what is in it yours to write (chmod -R"
    " u+rw).",
    "check.files.unreadable": "These cannot be looked at: {files}.",
    "check.files.unreadable.next": "Check who may get at {folder}.",
    "check.daemon": "Background service",
    "check.daemon.ok": "Version {version} answers (process {pid}).",
    "check.daemon.other_version": "It runs version {theirs}, this is version {ours}.",
    "check.daemon.other_version.next": "Stop it; the right version is started by itself.",
    "check.keyring": "Keyring",
    "check.keyring.ok": "The keys are at hand.",
    "check.keyring.asking": "The keyring is being asked.",
    "check.storage": "Storage",
    "check.storage.ok": "The files can be read and written.",
    "check.storage.storage_failed": "The last save failed.",
    "check.storage.storage_failed.next": "Free some disk space, or check who may write to the"
    " folder.",
    "check.clock": "Clock",
    "check.clock.ok": "This computer's clock is plausible.",
    "check.clock.behind": "This computer's clock is behind the time that is known.",
    "check.clock.behind.next": "Set the date and time of this computer.",
    "check.license": "License",
    "check.license.active": "It holds.",
    "check.license.grace": "It holds for a while yet: the renewal is not confirmed.",
    "check.license.pending": "The payment is not confirmed yet.",
    "check.license.pending.next": "Finish in the browser, or wait a few minutes.",
    "check.license.unactivated": "There is none yet.",
    "check.license.unactivated.next": "Activate this device.",
    "check.license.expired": "It has ended.",
    "check.license.expired.next": "Connect to the internet and refresh the activation.",
    "check.license.inactive": "There is no subscription for it at the moment.",
    "check.license.inactive.next": "Open the overview to see why, or refresh the activation.",
    "check.license.untrusted": "It is damaged, altered, or not for this device.",
    "check.license.untrusted.next": "Refresh the activation, or activate this device again.",
    "check.refresh": "Last refresh",
    "check.refresh.ok": "The billing service's last answer was accepted.",
    "check.refresh.none": "The billing service hasn't been asked yet.",
    "check.refresh.retrying": "The billing service couldn't be reached. It is tried again"
    " automatically.",
    "check.refresh.not_accepted": "The billing service's last answer wasn't accepted ({code})."
    " What was valid before stays valid.",
    "check.refresh.not_accepted.next": "Refresh the activation. If this continues, contact"
    " support.",
    "check.refresh.unknown_key": "The billing service's last answer was signed with a key that this"
    " program doesn't know. What was valid before stays valid.",
    "check.refresh.unknown_key.next": "Refresh the activation. If this continues, contact support:"
    " the vendor may have changed its keys.",
    "check.keys": "Signing keys",
    "check.keys.ok": "The vendor's list of signing keys is valid (version {version}).",
    "check.keys.pinned": "The keys that come with this program count.",
    "check.keys.stale": "The vendor's list of signing keys has expired (version {version}). Your"
    " license still works.",
    "check.keys.stale.next": "Contact support: the vendor needs to publish a new list.",
    "check.keys.not_accepted": "The billing service's list of signing keys wasn't accepted"
    " ({code}). What was valid before stays valid.",
    "check.keys.not_accepted.next": "Try again later. If this continues, contact support.",
    "check.browser": "Browser",
    "check.browser.ok": "Links open in the browser.",
    "check.browser.no_screen": "There is no screen here: links are printed instead.",
    "check.server": "Billing service",
    "check.server.ok": "{host} answers.",
    "check.server.unwell": "{host} answers, and is not well.",
    "check.server.unwell.next": "Try again later.",
    "check.tls": "Secure connection",
    "check.tls.ok": "The server's certificate holds.",
    "check.tls.local": "The server is on this machine, where none is needed.",
    "check.server_time": "Time of the service",
    "check.server_time.ok": "It is ours.",
    "check.server_time.apart": "It is {minutes} min from ours.",
    "check.server_time.apart.next": "Refresh the activation.",
}
