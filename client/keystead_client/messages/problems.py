"""Why something was not done, by the code that says so, and what to do about it.

Codes are the daemon's, the core's and the billing service's (`keystead.problems`); a test holds
that each has its sentence here. What stands in braces came with the code.
"""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    # The billing service said no.
    "refused.already_entitled": "This is already paid for.",
    "refused.already_entitled.next": "Refresh the activation. To change the subscription or pay an"
    " open invoice, use “Manage billing”.",
    "refused.device_limit": "Your subscription is in use on as many devices as it allows.",
    "refused.device_limit.next": "Remove a device that you no longer use, then try again.",
    "refused.exchange_limit": "Devices were exchanged too often in the last 30 days.",
    "refused.exchange_limit.next": "Try again in a few days, or ask the vendor's support.",
    "refused.checkout_disabled": "Nothing can be bought at the moment.",
    "refused.checkout_disabled.next": "Try again later, or ask the vendor's support.",
    "refused.invalid_token": "The billing service no longer accepts this device.",
    "refused.invalid_token.next": "Restore your purchase to connect this device again.",
    "refused.unknown_device": "The billing service doesn't know this device.",
    "refused.unknown_device.next": "If you paid already, restore your purchase. Otherwise choose a"
    " plan.",
    "refused.too_many_requests": "That was asked too often in a short time.",
    "refused.too_many_requests.next": "Try again in a minute.",
    "refused.other_product": "This is sold for another product.",
    "refused.other_product.next": (
        "Choose a plan of this program. If it is refused too, contact support."
    ),
    "refused.nothing_bought": "Nothing was bought with this yet.",
    "refused.nothing_bought.next": "Choose a plan and continue in the browser.",
    "refused.forbidden": "The billing service does not allow this.",
    "refused.forbidden.next": "Ask the vendor's support.",
    "refused.stripe_not_connected": "Your account cannot sell yet: it is not connected to Stripe.",
    "refused.stripe_not_connected.next": "Connect it where you manage your account.",
    "refused.not_found": "The billing service does not have this, or not any more.",
    "refused.conflict": "This contradicts what the billing service knows.",
    "refused.conflict.next": "Refresh the activation, then try again.",
    "refused.backend_refused": "The billing service refused this.",
    "refused.backend_refused.next": "Try again later, or ask the vendor's support.",
    # It did not understand: this program and the service are not of the same age.
    "refused.invalid_request": "This request was not understood.",
    "refused.invalid_request.next": "Look for a newer version of this program.",
    "refused.method_not_allowed": "The billing service does not offer this.",
    "refused.method_not_allowed.next": "Look for a newer version of this program.",
    "refused.not_acceptable": "The billing service cannot answer this program.",
    "refused.not_acceptable.next": "Look for a newer version of this program.",
    "refused.unsupported_media_type": "The billing service cannot read this program's request.",
    "refused.unsupported_media_type.next": "Look for a newer version of this program.",
    # It gave no usable answer.
    "refused.backend_unreachable": "The billing service could not be reached.",
    "refused.backend_unreachable.next": "Check the internet connection.",
    "refused.timeout": "The billing service did not answer in time.",
    "refused.timeout.next": "Check the internet connection, or try again later.",
    "refused.tls_failed": "Can't connect securely to the billing service.",
    "refused.tls_failed.next": "This network may ask you to sign in first: open a browser. If that"
    " doesn't help, contact support.",
    "refused.tls_unknown_issuer": "This computer doesn't trust the certificate that answered for"
    " {host}. Issuer: {issuer}.",
    "refused.tls_unknown_issuer.next": "On a company network, a proxy may inspect secure"
    " connections. Ask your administrator to add this authority to this computer, or set"
    " SSL_CERT_FILE to its certificate.",
    "refused.tls_expired": "The certificate of {host} has expired.",
    "refused.tls_expired.next": "If this computer's date is right, contact support: only the"
    " vendor can renew it.",
    "refused.tls_not_yet_valid": "By this computer's clock, the certificate of {host} isn't valid"
    " yet.",
    "refused.tls_not_yet_valid.next": "Set the date and time of this computer, then try again.",
    "refused.tls_wrong_host": "The server that answered for {host} has a certificate for another"
    " address.",
    "refused.tls_wrong_host.next": "This network may ask you to sign in first: open a browser. If"
    " that doesn't help, contact support.",
    "refused.tls_roots_missing": "Can't read the trusted certificates in {file}.",
    "refused.tls_roots_missing.next": "SSL_CERT_FILE or SSL_CERT_DIR names this place. Correct the"
    " setting, or remove it.",
    "refused.tls_roots_invalid": "{file} contains no valid certificates.",
    "refused.tls_roots_invalid.next": "SSL_CERT_FILE names this file. Replace it with a PEM file of"
    " certificates, or remove the setting.",
    "refused.proxy_failed": "Can't connect through the proxy.",
    "refused.proxy_failed.next": "Check the proxy's address in the settings or in HTTPS_PROXY.",
    "refused.proxy_not_found": "Can't find the proxy {proxy}.",
    "refused.proxy_not_found.next": "Check the name in the settings or in HTTPS_PROXY, and your"
    " connection to the company network.",
    "refused.proxy_login": "The proxy requires a user name and password.",
    "refused.proxy_login.next": "Add them to the proxy's address, as in"
    " http://name:password@proxy:3128.",
    "refused.proxy_is_pac": "This is the address of an automatic proxy configuration file (PAC),"
    " which isn't supported.",
    "refused.proxy_is_pac.next": "Enter the proxy itself, as in http://proxy:3128. Your"
    " administrator knows its address.",
    "refused.proxy_password": "The proxy's user name or password contains characters that must be"
    " encoded.",
    "refused.proxy_password.next": "Write / as %2F, ? as %3F, # as %23 and @ as %40.",
    "refused.proxy_invalid": "The proxy's address isn't valid.",
    "refused.proxy_invalid.next": "Enter an address such as http://proxy:3128.",
    "refused.not_the_backend": "Something else answered in the billing service's place.",
    "refused.not_the_backend.next": "Open a browser: this network may ask you to sign in first.",
    "refused.server_failing": "The billing service has a problem of its own.",
    "refused.server_failing.next": "Try again later.",
    "refused.internal_error": "The billing service has a problem of its own.",
    "refused.internal_error.next": "Try again later.",
    "refused.stripe_unavailable": "The payment service did not answer.",
    "refused.stripe_unavailable.next": "Try again in a few minutes.",
    "refused.unavailable": "The billing service is not ready.",
    "refused.unavailable.next": "Try again in a few minutes.",
    "refused.unsigned_answer": "The billing service's answer is not signed, so it does not count.",
    "refused.unsigned_answer.next": "Try again later, or ask the vendor's support.",
    "refused.helper_failed": "A part of this program does not work.",
    "refused.helper_failed.next": "Install the program again.",
    # Signed documents, such as a license file, that are not accepted.
    "refused.malformed": "This cannot be read: it is damaged, or something else.",
    "refused.malformed.next": "Get it once more from where it came from.",
    "refused.too_large": "This is too large.",
    "refused.no_file": "There is no file {file}.",
    "refused.secret_found": "The diagnostics were not given out: a secret is still in {file}.",
    "refused.secret_found.next": "Tell the vendor's support that this happened.",
    "refused.file_too_large": "This is no license file: it is too large.",
    "refused.file_unreadable": "This file cannot be read.",
    "refused.wrong_type": "This is a document of another kind.",
    "refused.wrong_type.next": "Choose the license file that you were given.",
    "refused.bad_signature": "The signature does not fit: this is damaged or was altered.",
    "refused.bad_signature.next": "Get it once more from where it came from.",
    "refused.unknown_key": "This was signed by someone that this program does not know.",
    "refused.unknown_key.next": "Check that it is for this program, or ask the vendor's support.",
    "refused.unsupported_algorithm": "This is signed in a way that does not count here.",
    "refused.unsupported_algorithm.next": "Look for a newer version of this program.",
    "refused.unsupported_header": "This asks for something that is never done.",
    "refused.unsupported_header.next": "Ask the vendor's support.",
    "refused.invalid_lifetime": "This ends before it begins.",
    "refused.invalid_lifetime.next": "Ask the vendor's support.",
    "refused.past_grace_boundary": "This claims to last longer than it may.",
    "refused.past_grace_boundary.next": "Ask the vendor's support.",
    "refused.wrong_nonce": "This is the answer to another question.",
    "refused.wrong_nonce.next": "Try again.",
    "refused.superseded": "There is a newer one here already.",
    "refused.superseded.next": "Choose the newest license file.",
    # Lists of signing keys.
    "refused.not_yet_valid": "This was issued in the future.",
    "refused.not_yet_valid.next": "If this computer's date is right, ask the vendor's support.",
    "refused.root_signs": "This list of signing keys names a root key, so it isn't accepted.",
    "refused.root_signs.next": "Ask the vendor's support.",
    "refused.version_conflict": "Another list of signing keys with this version was accepted.",
    "refused.version_conflict.next": "Ask the vendor's support.",
    "refused.keys_missing": "The list of signing keys is missing on this device.",
    "refused.keys_missing.next": "Refresh the activation.",
    "refused.wrong_product": "This is for another product.",
    "refused.wrong_product.next": "Choose the license file of this program.",
    "refused.wrong_device": "This is for another device.",
    "refused.wrong_device.next": "Make a request file on this device, and get a license file for"
    " it.",
    "refused.copied": "These files were copied here from another place.",
    "refused.copied.next": "Activate this device.",
    # An activation code that is not accepted.
    "refused.code_mistyped": "Group {group} of the activation code is not right.",
    "refused.code_mistyped.next": "Compare it with the code that was shown.",
    "refused.code_incomplete": "The activation code is not complete.",
    "refused.code_incomplete.next": "Type all of its groups.",
    "refused.code_unknown": "This activation code is of a kind that this program does not know.",
    "refused.code_unknown.next": "Look for a newer version of this program.",
    "refused.code_elsewhere": "This activation code is not for this computer, or answers an earlier"
    " request.",
    "refused.code_elsewhere.next": "Scan the picture that this computer shows now, and take the"
    " activation code from there.",
    "refused.no_request": "An activation code answers a request, and this computer has made none.",
    "refused.no_request.next": "Have this computer show its request first, and take the activation"
    " code from there.",
    "refused.no_code": "This license has no activation code.",
    "refused.no_code.next": "Take the license file.",
    # Signing in at the billing service.
    "refused.sign_in_needed": "Nobody is signed in at the billing service.",
    "refused.sign_in_needed.next": "Sign in first.",
    "refused.session_ended": "You are not signed in at the billing service any more.",
    "refused.session_ended.next": "Sign in again. What you have paid for goes on working.",
    "refused.sign_in_denied": "Nobody signed in: it was declined in the browser.",
    "refused.sign_in_denied.next": "Sign in again if that was not meant.",
    "refused.sign_in_timeout": "Nobody signed in within ten minutes.",
    "refused.sign_in_timeout.next": "Sign in again.",
    "refused.sign_in_failed": "The sign-in did not succeed.",
    "refused.sign_in_failed.next": "Try again.",
    "refused.no_sign_in": "There is nowhere to sign in with this program.",
    "refused.no_sign_in.next": "Ask the vendor for a new profile.",
    # What this billing service does not have.
    "refused.no_seats": "The number of seats cannot be chosen at this billing service.",
    "refused.no_seats.next": "Leave --seats out.",
    "refused.no_modules": "There are no modules to choose at this billing service.",
    "refused.no_modules.next": "Leave --modules out.",
    "refused.no_periods": "How often to pay cannot be chosen at this billing service.",
    "refused.no_periods.next": "Leave --period out.",
    "refused.no_invoices": "This billing service does not show its invoices here.",
    "refused.no_invoices.next": "Ask the vendor's support for them.",
    "refused.no_portal": "This billing service has no page on which billing is managed.",
    "refused.no_portal.next": "Ask the vendor's support.",
    "refused.no_restore": "This billing service sends no links by mail.",
    "refused.no_restore.next": "Sign in to the account that has paid, and use this device with it.",
    # This device and its files.
    "refused.not_activated": "This device is not activated.",
    "refused.not_activated.next": "Activate it first.",
    "refused.keyring_unavailable": "The system's keyring is locked.",
    "refused.keyring_unavailable.next": "Unlock it, or choose to keep the keys in a file"
    " (KEYSTEAD_SECRETS=file).",
    "refused.keyring_missing": "There is no keyring on this system.",
    "refused.keyring_missing.next": "Set one up, or choose to keep the keys in a file"
    " (KEYSTEAD_SECRETS=file).",
    "refused.keyring_broken": "The system's keyring does not work.",
    "refused.keyring_broken.next": "Mend it, or choose to keep the keys in a file"
    " (KEYSTEAD_SECRETS=file).",
    "refused.keyring_timeout": "The system's keyring did not answer in time.",
    "refused.keyring_timeout.next": "See whether it asks for its password in another window.",
    "refused.device_key_lost": "This device's key is not in the keyring any more.",
    "refused.device_key_lost.next": "Use “I already paid” to connect this device again.",
    "refused.vault_unreadable": "The saved credentials cannot be opened.",
    "refused.vault_unreadable.next": "Use “I already paid” to connect this device again.",
    "refused.storage_failed": "{file} could not be saved: {why}.",
    "refused.storage_failed.next": "Free some disk space, or check who may write to the folder.",
    "refused.not_saved": "The change could not be saved on this device.",
    "refused.not_saved.next": "Free some disk space, then try again.",
    "refused.unreadable": "{file} could not be read: {why}.",
    "refused.unreadable.next": "Check who may read it.",
    "refused.socket_failed": "The background service could not open its door: {why}.",
    "refused.socket_failed.next": "Check who owns the folder, and who may write to it.",
    # How it was set up.
    "refused.invalid_input": "This cannot be used.",
    "refused.invalid_key": "This is not an Ed25519 public key.",
    "refused.invalid_keys": "This is not a set of Ed25519 public keys.",
    "refused.invalid_profile": "The profile cannot be used: {why}.",
    "refused.invalid_profile.next": "Ask the vendor for a new profile.",
    "refused.no_profile": "No profile was found, so it is not known which product this is for.",
    "refused.no_profile.next": "Name the file that came with the program: --profile FILE, or"
    " KEYSTEAD_PROFILE=FILE.",
    "refused.profile_unreadable": "The profile {file} could not be read: {why}.",
    "refused.profile_unreadable.next": "Check the path that --profile or KEYSTEAD_PROFILE names.",
    "refused.not_a_profile": "The file {file} is no profile.",
    "refused.not_a_profile.next": "Ask the vendor for a new one.",
    "refused.invalid_config": "The settings in {file} cannot be read.",
    "refused.invalid_config.next": "Correct the file, or remove it.",
    "refused.invalid_setting": "The setting “{setting}” cannot be that.",
    "refused.unsupported_system": "The background service does not run on this system yet.",
    "refused.not_a_rehearsal": "A rehearsal needs a backend on this machine, such as"
    " keystead-stub.",
    "refused.running": "A daemon of this home is running already.",
    "refused.running.next": "Stop it first.",
    # The background service.
    "refused.daemon_unreachable": "The background service does not answer.",
    "refused.daemon_unreachable.next": "Try again: it is started where it does not run.",
    "refused.daemon_foreign": "A program of another user answers in place of the background"
    " service. Nothing was sent to it.",
    "refused.daemon_foreign.next": "Ask the administrator of this computer why {folder} is in use.",
    "refused.folder_foreign": "Other users can change {folder}, so it isn't safe for the"
    " background service.",
    "refused.folder_foreign.next": "Make sure that only you can write to it, or ask your"
    " administrator.",
    "refused.daemon_stopped": "The background service stopped while this was waiting.",
    "refused.daemon_stopped.next": "Nothing is lost; see how it stands with: {command} status",
    "refused.other_profile": "The background service runs with other settings of {product} than"
    " this program.",
    "refused.other_profile.next": "Update all programs of {product}. Then sign out of this computer"
    " and sign in again.",
    "refused.daemon_missing": "The background service is not installed.",
    "refused.daemon_missing.next": 'Install it: pip install "keystead[daemon]"',
    "refused.daemon_failed": "The background service could not be started: {why}.",
    "refused.daemon_failed.next": "Run `{command} doctor` to find out why.",
    "refused.daemon_late": "The background service was started but did not answer in time"
    " ({seconds} s).",
    "refused.daemon_late.next": "Run `{command} doctor` to find out why.",
    "refused.daemon_ending": "The background service is ending.",
    "refused.daemon_ending.next": "Try again.",
    "refused.daemon_refused": "The background service refused this.",
    "refused.invalid_message": "What the background service said cannot be read.",
    "refused.invalid_message.next": "Stop it; the right version is started by itself.",
    "refused.invalid_json": "The background service could not read this.",
    "refused.invalid_params": "The background service does not know this request in this form.",
    "refused.invalid_params.next": "Stop it; the right version is started by itself.",
    "refused.method_not_found": "The background service does not know this request.",
    "refused.method_not_found.next": "Stop it; the right version is started by itself.",
    "refused.unknown_check": "The background service does not know this check.",
    "refused.unknown_check.next": "Stop it; the right version is started by itself.",
    "refused.error": "Something went wrong.",
}
