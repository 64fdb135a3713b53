"""The terminal: answers and findings for a person, 80 columns wide and more, coloured only when asked for."""

import re
import textwrap
from collections.abc import Iterator
from typing import Any

from vigie.graph import clock
from vigie.views.escape import terminal
from vigie.views.plain import name

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "cyan": 36, "dim": 2, "bold": 1}
_SEVERITY = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_LABEL = 7
_MOST_VICTIMS = 6


class Paint:
    """Colours, or none."""

    def __init__(self, colour: bool) -> None:
        self._on = colour

    def __call__(self, text: str, *styles: str) -> str:
        if not self._on or not text:
            return text
        codes = ";".join(str(_COLOURS[style]) for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def _labelled(label: str, text: str, width: int, paint: Paint, *styles: str) -> Iterator[str]:
    """A label and its text, wrapped under itself; long words such as pointers are broken rather than cut."""
    indent = 3 + _LABEL
    lines = textwrap.wrap(terminal(text), max(20, width - indent), break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        head = f"   {label:<{_LABEL}}" if number == 0 else " " * indent
        yield paint(head, "dim") + paint(line, *styles)


def answer(said: dict[str, Any], *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The answer to `broken`, ranked."""
    paint = Paint(colour)
    lines = [_headline(said, paint), ""]
    for cause in said["causes"]:
        lines += [*_cause(cause, said, width, paint, verbose), ""]
    lines += _unknowns(said["unknown"], width, paint)
    healthy = said["healthy"]
    kinds = ", ".join(f"{n} {kind}" for kind, n in sorted(healthy["kinds"].items(), key=lambda kv: -kv[1])[:5] if n)
    well = f"{healthy['checked']} objects are well" + (f" ({kinds})" if kinds else "") + "."
    lines += [paint(line, "dim") for line in textwrap.wrap(terminal(well), width)]
    return "\n".join(lines) + "\n"


def _headline(said: dict[str, Any], paint: Paint) -> str:
    causes = [c for c in said["causes"] if c["class"] != "unknown"]
    unproven = len(said["causes"]) - len(causes)
    victims = {name(v["entity"]) for c in said["causes"] for v in c["victims"]}
    when = f"as of {re.sub(r'[.][0-9]+Z$', 'Z', said['asOf'] or 'an unknown time')}"
    if not said["causes"]:
        return paint("Nothing is broken", "green", "bold") + f", {when}."
    words = []
    if causes:
        words.append(f"{len(causes)} root cause{'s' if len(causes) > 1 else ''}")
    if unproven:
        words.append(f"{unproven} unhealthy without a proven cause")
    effect = f", {len(victims)} objects affected" if victims else ""
    return paint(" and ".join(words), "bold") + f"{effect}, {when}."


def _cause(cause: dict[str, Any], said: dict[str, Any], width: int, paint: Paint, verbose: bool) -> Iterator[str]:
    colour = "yellow" if cause["class"] == "unknown" else _SEVERITY.get(cause["severity"], "red")
    head = f"{cause['rank']:>2} {cause['class']}"
    yield paint(head, colour, "bold") + "  " + paint(terminal(name(cause["entity"])), "bold")
    for line in textwrap.wrap(terminal(cause["summary"]), max(20, width - 3), break_on_hyphens=False):
        yield "   " + line
    root = cause["chain"][-1] if cause["chain"] else None
    if root and root["value"]:
        yield from _labelled("proof", f"{root['field']}: {root['value']}", width, paint)
        yield from _labelled("", root["evidence"], width, paint, "dim")
    if len(cause["chain"]) > 1:
        yield from _chain(cause["chain"], width, paint)
    if cause["since"]:
        ago = clock.age(clock.parse(said["asOf"]) - clock.parse(cause["since"])) if said["asOf"] else ""
        yield from _labelled("since", f"{cause['since']} ({ago} before)", width, paint)
    if cause["change"]:
        change = cause["change"]
        yield from _labelled("change", f"{name(change['entity'])}: {change['what']} at {change['time']}", width, paint)
    if cause["victims"]:
        yield from _labelled("hits", _victims(cause["victims"], verbose), width, paint)
    if cause["fix"]["text"]:
        yield from _labelled("fix", cause["fix"]["text"], width, paint, "green")
    if cause["fix"]["command"]:
        yield from _labelled("", "$ " + cause["fix"]["command"], width, paint, "cyan")
    yield from _labelled("more", f"vigie explain cause/{cause['id']}", width, paint, "dim")


def _chain(chain: list[dict[str, Any]], width: int, paint: Paint) -> Iterator[str]:
    words = []
    for step in chain:
        words.append(name(step["entity"]))
        if step["relation"]:
            words.append(f"-{step['relation']}->")
    yield from _labelled("chain", " ".join(words), width, paint)


def _victims(victims: list[dict[str, Any]], verbose: bool) -> str:
    """The victims, those a person knows by name first."""
    order = {"Service": 1, "Pod": 3, "ReplicaSet": 4}
    names = [name(v["entity"]) for v in sorted(victims, key=lambda v: order.get(v["entity"]["kind"], 0))]
    shown = names if verbose else names[:_MOST_VICTIMS]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _unknowns(unknowns: list[dict[str, Any]], width: int, paint: Paint) -> Iterator[str]:
    if not unknowns:
        return
    yield paint("Not known", "yellow", "bold")
    for unknown in unknowns[:10]:
        what = name(unknown["entity"]) + (f" needs {unknown['needs']}" if unknown["needs"] else "")
        yield "   " + terminal(what)
        if unknown["why"]:
            yield from _labelled("why", unknown["why"], width, paint)
        yield from _labelled("how", unknown["how"], width, paint, "dim")
    if len(unknowns) > 10:
        yield f"   ... and {len(unknowns) - 10} more (-o json lists them)"
    yield ""


def findings(said: dict[str, Any], *, width: int = 80, colour: bool = False) -> str:
    """Findings, one a paragraph."""
    paint = Paint(colour)
    lines: list[str] = []
    for item in said["items"]:
        severity = item["severity"]
        lines.append(
            paint(f"{severity:<9}", _SEVERITY.get(severity, "dim"), "bold")
            + paint(f"{item['rule']} {item['name']}", "bold") + "  " + terminal(name(item["entity"]))
        )  # fmt: skip
        first = item["proofs"][0] if item["proofs"] else None
        if first and first["value"]:
            lines += _labelled("proof", f"{first['field']}: {first['value']}", width, paint)
            lines += _labelled("", first["evidence"], width, paint, "dim")
        if item["subjects"] > 1:
            lines += _labelled("hits", f"{item['subjects']} objects", width, paint)
        if item["fix"]["text"]:
            lines += _labelled("fix", item["fix"]["text"], width, paint, "green")
        lines.append("")
    lines += _unknowns(said["unknown"], width, paint)
    number = len(said["items"])
    lines.append(f"{number} finding{'' if number == 1 else 's'}.")
    return "\n".join(lines) + "\n"


def table(columns: list[str], rows: list[list[str]]) -> str:
    """kubectl's table: upper-case heads, columns three spaces apart, cells on one line."""
    cells = [[terminal(cell) for cell in row] for row in rows]
    widths = [max(len(head), *(len(row[i]) for row in cells)) if cells else len(head) for i, head in enumerate(columns)]
    out = []
    for row in [columns, *cells]:
        out.append("   ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
    return "\n".join(out) + "\n"
