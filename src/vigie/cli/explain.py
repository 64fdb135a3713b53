"""`vigie explain`."""

import textwrap
from importlib.resources import files
from typing import Any

import click

from vigie.cli.options import colour, output, say, width
from vigie.model.errors import UsageError


@click.command("explain")
@click.argument("word", metavar="cause/ID | RULE | CLASS")
@output("table", "json", "markdown")
def command(word: str, output: str) -> None:
    """Explain a cause of the last answer with its proofs, a rule with its cases, or a class of causes.

    \b
    vigie explain cause/9f2c01aa77de
    vigie explain K8S1021
    vigie explain crash-exit
    """
    from vigie import pipeline

    if word.startswith("cause/"):
        _cause(word.removeprefix("cause/"), output)
        return
    rules = {rule.id: rule for rule in pipeline.rules()}
    for rule in rules.values():
        if word.upper() == rule.id or word in (rule.name, *rule.aliases):
            _rule(rule)
            return
    known = pipeline.schema().classes.get(word)
    if known is None:
        from difflib import get_close_matches

        near = get_close_matches(word, [*rules, *(r.name for r in rules.values()), *pipeline.schema().classes], 1)
        raise UsageError(f"nothing is called {word!r}", fix=f"did you mean {near[0]}?" if near else "see `vigie rules`")
    owners = [f"{rule.id} {rule.name}" for rule in rules.values() if word in rule.causes]
    say(f"{known.name}: {known.means}\n\nThe root is usually: {known.root}\n")
    if known.link:
        say("It is a link: answered only when its far end shows no fault of its own.\n")
    say("Named by: " + (", ".join(owners) or "no rule yet") + "\n")


def _rule(rule: Any) -> None:
    say(f"{rule.id} {rule.name} ({rule.severity}, since {rule.since}, on {rule.on})\n\n{rule.doc}\n\n")
    package, _, module = rule.module.rpartition(".")
    page = files(package).joinpath(f"{module}.md")
    if page.is_file():
        say(page.read_text("utf-8"))


def _cause(id: str, output: str) -> None:
    from vigie.cli import memory
    from vigie.views import documents, terminal

    said = memory.last()
    found = [c for c in said["causes"] if c["id"].startswith(id)] if said and id else []
    if said is None or len(found) != 1:
        raise UsageError(f"the last answer has no cause {id!r}", fix="run `vigie ask broken` first")
    only = {**said, "causes": found, "unknown": []}
    if output != "table":
        say(documents.RENDER[output](only))
        return
    say(terminal.answer(only, width=width(), colour=colour(), verbose=True))
    say("\nProofs\n")
    for number, proof in enumerate(found[0]["proofs"], 1):
        say(_proof(number, proof))
    say("\nVictims\n")
    for victim in found[0]["victims"]:
        from vigie.views.escape import terminal as clean
        from vigie.views.plain import name

        say(f"  {clean(name(victim['entity']))}\n" + textwrap.indent(_wrapped(clean(victim["symptom"] or "")), "     "))


def _proof(number: int, proof: dict[str, Any]) -> str:
    from vigie.views.escape import terminal as clean
    from vigie.views.plain import name

    when = f" at {proof['time']}" if proof["time"] else ""
    stated = "" if proof["stated"] else " (computed)"
    lines = [f"{number:>3} {clean(name(proof['entity']))} {clean(proof['field'])}{when}{stated}"]
    if proof["value"]:
        lines.append(textwrap.indent(_wrapped(clean(proof["value"], lines=True)), "      | ").rstrip())
    lines.append(f"      {clean(proof['evidence'])}")
    return "\n".join(lines) + "\n"


def _wrapped(text: str) -> str:
    out = []
    for line in text.splitlines() or [""]:
        out += textwrap.wrap(line, max(40, width() - 8), break_on_hyphens=False) or [""]
    return "\n".join(out) + "\n"
