"""Every code that the client can show has a message, and every message has a code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import keystead_client
import keystead_daemon
from keystead import errors, hints, problems
from keystead.activation import State
from keystead.checks import CHECK_SPECS, TIMED_OUT, UNTRIED
from keystead_client.messages import activation, checks
from keystead_client.messages import problems as words

SHARED, DAEMON, CLIENT = (
    Path(errors.__file__).parent,
    Path(keystead_daemon.__file__).parent,
    Path(keystead_client.__file__).parent,
)
#: Modules whose errors the client never shows: they are for a backend or the program with the SDK.
FOR_OTHERS = {
    SHARED / name for name in ("decision.py", "license_activation.py", "proof.py", "sdk.py")
}


def calls(root: Path) -> Iterator[tuple[ast.Call, dict[str, str]]]:
    """Yield every call with the string constants of its module."""
    for path in sorted(set(root.rglob("*.py")) - FOR_OTHERS):
        tree = ast.parse(path.read_text("utf-8"))
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value.value, str)
        }
        yield from ((node, named) for node in ast.walk(tree) if isinstance(node, ast.Call))


def callee(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def possible_strings(value: ast.expr, named: dict[str, str]) -> Iterator[str]:
    """Return the strings that an expression can be, as far as they are literals or constants."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.Name(id=name) if name in named:
            yield named[name]
        case ast.IfExp(body=body, orelse=other):
            yield from possible_strings(body, named)
            yield from possible_strings(other, named)


def codes(root: Path) -> set[str]:
    """Return the codes of all errors that are created under a folder."""
    return {
        text
        for call, named in calls(root)
        if callee(call) not in {"event", "Check"}
        for keyword in call.keywords
        if keyword.arg in {"code", "word"}
        for text in possible_strings(keyword.value, named)
    }


def placeholders(message: str) -> set[str]:
    """Return the placeholders in the message of a code."""
    told = (words.MESSAGES.get(name, "") for name in (message, f"{message}.next"))
    return {field for text in told for _, field, _, _ in Formatter().parse(text) if field}


def class_codes() -> set[str]:
    """Return the codes that error classes define."""
    tree = vars(errors).values()
    known = [one for one in tree if isinstance(one, type) and issubclass(one, errors.KeysteadError)]
    return {one.default_code for one in known} - {errors.NotEntitled.default_code}


def outcomes() -> set[tuple[str, str]]:
    """Return each check with each outcome code that the sources name for it."""
    found = set()
    for root in (DAEMON, CLIENT):
        for call, named in calls(root):
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            if callee(call) == "Check" and {"name", "code"} <= given.keys():
                for name in possible_strings(given["name"], named):
                    found |= {(name, code) for code in possible_strings(given["code"], named)}
    return found


def test_every_code_has_a_message() -> None:
    reaching = codes(SHARED) | codes(DAEMON) | class_codes() | problems.PROBLEM_TYPES.keys()
    assert len(reaching) > 60
    assert {code for code in reaching if f"refused.{code}" not in words.MESSAGES} == set()


def test_every_message_has_a_code() -> None:
    made = (
        codes(SHARED)
        | codes(DAEMON)
        | codes(CLIENT)
        | class_codes()
        | problems.PROBLEM_TYPES.keys()
    )
    told = {name.split(".")[1] for name in words.MESSAGES}
    assert told - made == set()


def test_every_remedy_belongs_to_a_message() -> None:
    for table in (words.MESSAGES, checks.MESSAGES):
        follow = {name.removesuffix(".next") for name in table if name.endswith(".next")}
        assert follow - table.keys() == set()


def test_every_placeholder_of_a_message_has_a_value() -> None:
    for root in (SHARED, DAEMON, CLIENT):
        for call, named in calls(root):
            given = {keyword.arg: keyword.value for keyword in call.keywords}
            if callee(call) in {"event", "Check"} or "code" not in given:
                continue
            # The translator knows what the command line is called here.
            brought = {"command"}
            match given.get("values"):
                case ast.Dict(keys=keys):
                    brought |= {
                        text for key in keys if key for text in possible_strings(key, named)
                    }
                case ast.expr():
                    continue
            for code in possible_strings(given["code"], named):
                assert placeholders(f"refused.{code}") <= brought, (code, brought)


def test_every_check_message_has_an_outcome() -> None:
    found = set(State) | {code for _, code in outcomes()} | {UNTRIED, TIMED_OUT, "unknown"}
    for path in (CLIENT / "doctor.py", DAEMON / "diagnostics.py"):
        tree = ast.walk(ast.parse(path.read_text("utf-8")))
        found |= {str(node.value) for node in tree if isinstance(node, ast.Constant)}
    found |= {hints.STORAGE_FAILED}
    ids = [name.removesuffix(".next").split(".") for name in checks.MESSAGES]
    told = {parts[2] for parts in ids if len(parts) == 3}
    assert told - found == set()


def test_every_hint_has_a_message() -> None:
    known = {text for name, text in vars(hints).items() if name.isupper()}
    assert {hint for hint in known if f"hint.{hint}" not in activation.MESSAGES} == set()


def test_every_check_has_a_name_and_every_outcome_a_message() -> None:
    names = {name for spec in CHECK_SPECS for name in spec.checks}
    assert {name for name in names if f"check.{name}" not in checks.MESSAGES} == set()
    for name, code in outcomes():
        told = {f"check.{name}.{code}", f"check.any.{code}"} & checks.MESSAGES.keys()
        assert told or f"refused.{code}" in words.MESSAGES, (name, code)
