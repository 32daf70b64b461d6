"""Man pages of the three programs, written from their argument parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from filling import roff_text

from keystead.product_names import COMMAND, DAEMON, PROGRAMS, WINDOW, program_name
from keystead_client.arguments import argument_parser as command_parser
from keystead_client.desktop.entry import argument_parser as window_parser
from keystead_daemon.main import argument_parser as daemon_parser

_PARSERS = {COMMAND: command_parser, DAEMON: daemon_parser, WINDOW: window_parser}
_SUMMARIES = {
    COMMAND: "pay for, activate and look after {product} on this device",
    DAEMON: "keep the activation of {product} up to date in the background",
    WINDOW: "the license and billing window of {product}",
}
_ENVIRONMENT = (
    ("KEYSTEAD_PROFILE", "The vendor's profile, in the place of the one that was installed."),
    ("KEYSTEAD_HOME", "A folder for all of this user's files. Two folders are two devices."),
    ("KEYSTEAD_SECRETS", '"file" keeps the keys in a file in the place of the keyring.'),
    ("HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE", "Proxy and certificates, as other programs use them."),
)


def man_page(program: str, *, product_id: str, product_name: str, date: str, version: str) -> str:
    """Return the page of one of `PROGRAMS`; ``date`` is as ISO 8601 writes a day."""
    name = program_name(product_id, program)
    parser = _PARSERS[program](name)
    others = [program_name(product_id, one) for one in PROGRAMS if one != program]
    head = [name.upper(), "1", date, f"{product_name} {version}", product_name]
    lines = [
        ".TH " + " ".join(_quoted(one) for one in head),
        ".SH NAME",
        f"{roff_text(name)} \\- {roff_text(_SUMMARIES[program].format(product=product_name))}",
        ".SH SYNOPSIS",
        *_usage(parser),
        ".SH DESCRIPTION",
        roff_text(parser.description or ""),
        *_options(parser),
        *_commands(parser),
        *(_exit_codes(parser.epilog) if parser.epilog else ()),
        ".SH ENVIRONMENT",
        *(line for variable, text in _ENVIRONMENT for line in _item(variable, text)),
        ".SH FILES",
        *_item(f"~/.local/state/{product_id}", "The license of this device, and its sealed keys."),
        *_item(f"~/.config/{product_id}", "This user's settings."),
        ".SH SEE ALSO",
        ",\n".join(f".BR {roff_text(other)} (1)" for other in others).replace(",\n", " ,\n"),
    ]
    return "\n".join(lines) + "\n"


def _usage(parser: argparse.ArgumentParser) -> Iterator[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    yield f".B {roff_text(parser.prog)}"
    yield roff_text(usage.removeprefix(parser.prog).strip())


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    named = [one for one in parser._actions if not _is_commands(one)]  # noqa: SLF001
    if named:
        yield ".SH OPTIONS"
    for action in named:
        yield from _item(_invocation(action), _help(action))


def _commands(parser: argparse.ArgumentParser) -> Iterator[str]:
    for name, command in _subparsers(parser):
        if name == next(iter(dict(_subparsers(parser)))):
            yield ".SH COMMANDS"
        yield f".SS {_quoted(' '.join([name, *_words(command)]))}"
        yield roff_text(_sentence(command.description or ""))
        for action in command._actions:  # noqa: SLF001
            if not _is_commands(action) and action.dest not in ("help", "profile", "home"):
                yield from _item(_invocation(action), _help(action))
        for inner, nested in _subparsers(command):
            yield from _item(
                " ".join([name, inner, *_words(nested)]), _sentence(nested.description or "")
            )


def _subparsers(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:  # noqa: SLF001
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            return list(action.choices.items())
    return []


def _is_commands(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)  # noqa: SLF001


def _words(parser: argparse.ArgumentParser) -> list[str]:
    """Return the arguments that are no options, as the usage writes them."""
    found = []
    for action in parser._actions:  # noqa: SLF001
        if not action.option_strings and not _is_commands(action):
            word = str(action.metavar or action.dest)
            found.append(f"[{word}]" if action.nargs == "?" else word)
    return found


def _invocation(action: argparse.Action) -> str:
    if not action.option_strings:
        return str(action.metavar or action.dest)
    value = f" {action.metavar}" if action.metavar and action.nargs != 0 else ""
    return ", ".join(f"{option}{value}" for option in action.option_strings)


def _help(action: argparse.Action) -> str:
    return _sentence(action.help or "")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""


def _item(term: str, text: str) -> Iterable[str]:
    return (".TP", f".B {roff_text(term)}", roff_text(text))


def _exit_codes(epilog: str) -> Iterator[str]:
    yield ".SH EXIT STATUS"
    words = " ".join(line.strip() for line in epilog.splitlines()[1:]).split()
    code, text = "", list[str]()
    for word in [*words, "0"]:
        if word.isdigit() and len(word) == 1:
            if code:
                yield from _item(code, _sentence(" ".join(text)))
            code, text = word, []
        else:
            text.append(word)


def _quoted(text: str) -> str:
    return '"' + roff_text(text).replace('"', "\\(dq") + '"'
