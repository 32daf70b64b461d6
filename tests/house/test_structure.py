"""The stub's structure: few files at its root, small packages, no import cycles, unique names."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "server_stub"
STUB = SOURCES / "keystead_stub"
MOST_AT_ROOT = 10
MOST_IN_A_FOLDER = 30
#: Files of one role: the same in each billing API, Stripe resource or package.
ROLES = {
    "__init__", "errors", "guards", "lifecycle", "operations", "parameters", "queries",
    "requests", "routes", "rules", "shape", "views",
}  # fmt: skip
#: Packages of one role: their modules are named by what they store, run or serve.
PACKAGES_OF_A_ROLE = {"commands", "controls", "routes", "store"}
#: Only what composes the stub may know both Stripes.
COMPOSITION = {"keystead_stub.app"}


def modules() -> dict[str, Path]:
    """Return the stub's modules by their dotted names."""
    found = {}
    for path in STUB.rglob("*.py"):
        parts = path.relative_to(SOURCES).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path, known: set[str]) -> set[str]:
    """Return the stub's modules that a module imports, those for type checking included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            # What is no module is a name in the module that it is imported from.
            found |= {name if name in known else node.module for name in names}
    return found & known


def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: imports(path, set(known)) - {name} for name, path in known.items()}


def folders() -> Iterator[tuple[Path, list[Path]]]:
    for folder in (STUB, *(path for path in STUB.rglob("*") if path.is_dir())):
        if files := sorted(folder.glob("*.py")):
            yield folder, files


def test_no_import_circle_even_for_type_checking() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        circle = error.args[1]
        raise AssertionError(" <- ".join(circle)) from None


def test_only_the_composition_knows_simulated_and_live_stripe() -> None:
    both = {
        name
        for name, found in graph().items()
        if "keystead_stub.stripe_port.live" in found
        and any(one.startswith("keystead_stub.stripe_sim") for one in found)
    }
    assert both == COMPOSITION


def test_the_root_holds_few_files() -> None:
    assert len(list(STUB.glob("*.py"))) <= MOST_AT_ROOT


def test_no_folder_is_crowded() -> None:
    crowded = {
        str(folder.relative_to(SOURCES)): len(files)
        for folder, files in folders()
        if len(files) > MOST_IN_A_FOLDER
    }
    assert crowded == {}


def test_no_two_modules_have_the_same_name() -> None:
    places = defaultdict(set)
    for folder, files in folders():
        if not PACKAGES_OF_A_ROLE & set(folder.relative_to(STUB).parts):
            for file in files:
                places[file.stem].add(str(folder.relative_to(SOURCES)))
    twice = {name: sorted(found) for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in ROLES} == {}


def test_every_package_has_a_docstring() -> None:
    """A package's docstring is a sentence, unless Stripe's API names what the package holds."""
    silent = []
    for folder, files in folders():
        if folder / "__init__.py" in files and folder.parent.name != "resources":
            said = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
            if len(said.split()) < 4:
                silent.append(str(folder.relative_to(SOURCES)))
    assert silent == []


def test_database_revisions_are_one_chain_in_the_order_of_their_numbers() -> None:
    files = sorted((STUB / "store" / "migrations" / "versions").glob("r*.py"))
    previous = "None"
    for number, path in enumerate(files, 1):
        text = path.read_text("utf-8")
        found = {
            name: value
            for line in text.splitlines()
            for name, _, value in [line.partition(" = ")]
            if name in {"revision", "down_revision"}
        }
        assert path.name.startswith(f"r{number:04}_"), "two revisions have one number"
        assert found == {"revision": f'"{number:04}"', "down_revision": previous}, path.name
        previous = found["revision"]
