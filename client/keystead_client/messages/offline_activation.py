"""What the window says to somebody whose computer is never online."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "offline.title": "This computer is never online",
    "offline.lead": "Scan this with a phone and follow the steps there. At the end the phone shows"
    " an activation code to type here.",
    "offline.picture": "QR code with this computer's request",
    "offline.loading": "Writing the request…",
    "offline.retry": "Write the request again",
    "offline.save": "Save the request as a file",
    "offline.save.files": "Text files (*.txt)",
    "offline.saved": "Saved as {name}. Bring it to {page} on a computer with a network; what comes"
    " back there is a license file, or an activation code.",
    "offline.code": "Activation code",
    "offline.take": "Activate",
    "offline.taking": "Looking at the activation code…",
    "offline.done": "The activation code was accepted.",
    "code.none": "Upper or lower case, spaces and dashes do not matter. A wrong group is shown at"
    " once.",
    "code.so_far": "Groups typed: {done}. All is right so far.",
    "code.so_far.of": "Groups typed: {done} of {all}. All is right so far.",
    "code.wrong": "Group {group} is not right: {text}. Compare it with the code that was shown.",
    "code.foreign": "“{text}” is in no activation code.",
    "code.too_many": "The code has only {all} groups. Look whether one was typed twice.",
    "code.complete": "The code is complete.",
    "code.license": "This is a license. It can be taken over as it is.",
}
