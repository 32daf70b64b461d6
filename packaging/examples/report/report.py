"""Acme Report: totals of a CSV file. Printing them is free, writing a page (--html) is paid for."""

import argparse
import csv
import html
import sys
from pathlib import Path

import keystead

LICENSE = keystead.open(Path(__file__).with_name("keystead.toml"))


def totals(path: Path) -> dict[str, float]:
    """Return the sum of each column that has numbers only."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = {}
    for name in rows[0] if rows else ():
        try:
            found[name] = sum(float(row[name]) for row in rows)
        except ValueError:
            continue
    return found


def page(found: dict[str, float]) -> str:
    """Return the totals as an HTML page."""
    rows = "".join(f"<tr><th>{html.escape(name)}<td>{found[name]:g}" for name in found)
    return f"<!doctype html><title>Report</title><table>{rows}</table>\n"


def buy() -> int:
    """Open the page on which the person pays, or print its address."""
    opened = LICENSE.activate()
    if opened.where == "nowhere":
        print(f"Open this page to pay: {opened.url}")
    else:
        print(f"Continue in the {opened.where}.")
    return 0


def report(path: Path, target: Path | None) -> int:
    """Print the totals, or write them to a page."""
    if target is None:
        for name, total in totals(path).items():
            print(f"{name}: {total:g}")
        return 0
    LICENSE.require("export")
    target.write_text(page(totals(path)), encoding="utf-8")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="report", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a CSV file")
    parser.add_argument("--html", type=Path, metavar="PAGE", help="write a page (paid)")
    parser.add_argument("--buy", action="store_true", help="buy a plan")
    arguments = parser.parse_args()
    try:
        if arguments.buy:
            return buy()
        if arguments.file is None:
            parser.error("name a FILE, or --buy")
        return report(arguments.file, arguments.html)
    except keystead.NotEntitled as refused:
        print(f"{refused.sentence} {refused.remedy} (report --buy)", file=sys.stderr)
    except keystead.KeysteadError as error:
        print(f"{error.sentence} {error.remedy or ''}".strip(), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
