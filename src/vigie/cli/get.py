"""`vigie get [TYPE[/NAME]]`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from vigie.cli.options import Source, output, say, source
from vigie.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vigie.graph.entity import Entity
    from vigie.graph.graph import Graph
    from vigie.questions.sickness import Sickness


@click.command("get")
@click.argument("target", required=False, metavar="[TYPE[/NAME]]")
@click.option("-l", "--selector", help="Only objects whose labels match: a=b,c!=d,e,!f.")
@output("table", "wide", "name", "json", "yaml", "jsonl")
@source
def command(source: Source, target: str | None, selector: str | None, output: str) -> None:
    """List objects of the graph, each with its health; without a type, the kinds that there are.

    \b
    vigie get                            which kinds, and how many of each
    vigie get pods -A -f bundle.tar.gz
    vigie get deploy/web -n shop -o yaml the object as it was read
    """
    from vigie.questions.sickness import Sickness

    graph = source.read()
    if target is None:
        _kinds(graph, output)
        return
    found = _chosen(graph, source, target, selector)
    if output in ("json", "yaml", "jsonl"):
        _bodies(found, output, single="/" in target)
    elif output == "name":
        say("".join(f"{e.kind.lower()}{'.' + e.group if e.group else ''}/{e.name}\n" for e in found))
    elif found:
        say(_table(found, Sickness.of(graph), graph, wide=output == "wide", spaces=_spaces(source)))
    else:
        click.echo("No resources found" + (f" in {source.namespace} namespace." if source.namespace else "."), err=True)


def _spaces(source: Source) -> bool:
    return source.all_namespaces or not source.namespace


def _kinds(graph: "Graph", output: str) -> None:
    import msgspec

    from vigie.views import terminal

    rows = [
        (str(key.kind), key.group, table.real, len(table) - table.real)
        for key, table in sorted(graph.tables.items(), key=lambda kv: str(kv[0]))
    ]
    if output in ("json", "yaml", "jsonl"):
        items = [{"kind": k, "group": g, "objects": n, "absent": a} for k, g, n, a in rows]
        say(
            msgspec.json.format(
                msgspec.json.encode({"apiVersion": "vigie/v1", "kind": "KindList", "items": items}), indent=2
            ).decode()
            + "\n"
        )
        return
    say(
        terminal.table(
            ["KIND", "GROUP", "OBJECTS", "ONLY NAMED"], [[k, g or "core", str(n), str(a)] for k, g, n, a in rows]
        )
    )


def _chosen(graph: "Graph", source: Source, target: str, selector: str | None) -> list["Entity"]:
    word, slash, _ = target.partition("/")
    found = graph.find(target) if slash else list(graph.all_of(graph.lookup(word)))
    if source.namespace and not source.all_namespaces:
        found = [e for e in found if e.namespace in ("", source.namespace)]
    if selector:
        wanted = parse_selector(selector)
        found = [e for e in found if all(term.holds(e.labels) for term in wanted)]
    return sorted(found, key=lambda e: e.address)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a label selector: the label `key` equals `value` (None: is there), or not."""

    key: str
    value: str | None
    wanted: bool

    def holds(self, labels: "Mapping[str, str]") -> bool:
        there = self.key in labels if self.value is None else labels.get(self.key) == self.value
        return there is self.wanted


def parse_selector(text: str) -> list[Term]:
    """kubectl's equality and existence selectors: `a=b,c!=d,e,!f`. Raises UsageError for what is none."""
    terms = []
    for word in (t.strip() for t in text.split(",")):
        if not word or any(c in word for c in "() "):
            raise UsageError(f"the selector {text!r} cannot be read", fix="write a=b,c!=d,e,!f")
        if "!=" in word:
            key, _, value = word.partition("!=")
            terms.append(Term(key, value, False))
        elif "=" in word:
            key, _, value = word.partition("=")
            terms.append(Term(key, value.removeprefix("="), True))
        else:
            terms.append(Term(word.lstrip("!"), None, not word.startswith("!")))
    return terms


def _bodies(found: list["Entity"], output: str, *, single: bool) -> None:
    import msgspec

    bodies = [e.body for e in found]
    if output == "jsonl":
        say("".join(msgspec.json.encode(body).decode() + "\n" for body in bodies))
        return
    said: Any = bodies[0] if single and len(bodies) == 1 else {"apiVersion": "v1", "kind": "List", "items": bodies}
    if output == "yaml":
        from yaml import CSafeDumper, dump

        say(str(dump(said, Dumper=CSafeDumper, sort_keys=False)))
    else:
        say(msgspec.json.format(msgspec.json.encode(said), indent=2).decode() + "\n")


def _table(found: list["Entity"], sick: "Sickness", graph: "Graph", *, wide: bool, spaces: bool) -> str:
    from vigie.graph import clock
    from vigie.views import terminal
    from vigie.views.plain import excerpt

    namespaced = spaces and any(e.namespace for e in found)
    columns = [
        *(["NAMESPACE"] if namespaced else []),
        "NAME",
        "HEALTH",
        "AGE",
        *(["OWNER", "EVIDENCE"] if wide else []),
    ]
    rows = []
    for e in found:
        health = (excerpt(sick.symptom(e)) or "unhealthy") if e in sick else "ok"
        if not wide and len(health) > 60:
            health = health[:57] + "..."
        age = clock.age(graph.as_of - e.created) if e.created is not None else "<unknown>"
        row = [*([e.namespace] if namespaced else []), e.name, health, age]
        rows.append(row + ([str(e.owner or ""), e.pointer] if wide else []))
    return terminal.table(columns, rows)
