"""`vigie diff BEFORE AFTER`."""

from typing import TYPE_CHECKING, Any

import click

from vigie.cli.options import output, say

if TYPE_CHECKING:
    from vigie.graph.diff import Difference, FieldChange

_SHOWN = 12


@click.command("diff")
@click.argument("before")
@click.argument("after")
@output("table", "json")
@click.pass_context
def command(ctx: click.Context, before: str, after: str, output: str) -> None:
    """Compare two readings of a system: files, directories, archives or URLs, BEFORE and AFTER.

    Exit code 0 when nothing differs, 1 when something does.
    """
    import msgspec

    from vigie import pipeline
    from vigie.graph.diff import diff

    found = diff(pipeline.read(before), pipeline.read(after))
    if output == "json":
        say(msgspec.json.format(msgspec.json.encode(_plain(found)), indent=2).decode() + "\n")
    else:
        _show(found)
    ctx.exit(1 if found else 0)


def _plain(found: "Difference") -> dict[str, Any]:
    from vigie.views.plain import API, entity

    return {
        "apiVersion": API, "kind": "Difference",
        "added": [entity(e) for e in found.added], "removed": [entity(e) for e in found.removed],
        "changed": [
            {"entity": entity(e), "fields": [_field(change) for change in changes]} for e, changes in found.changed
        ],
        "edgesAdded": [{"type": t, "from": entity(a), "to": entity(b)} for t, a, b in found.edges_added],
        "edgesRemoved": [{"type": t, "from": entity(a), "to": entity(b)} for t, a, b in found.edges_removed],
    }  # fmt: skip


def _field(change: "FieldChange") -> dict[str, Any]:
    return {"path": change.path, "before": _value(change.before), "after": _value(change.after)}


def _value(value: Any) -> str | None:
    import msgspec

    from vigie.views.plain import excerpt

    return None if value is None else excerpt(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _show(found: "Difference") -> None:
    from vigie.views.escape import terminal

    lines = [f"+ {e}" for e in found.added] + [f"- {e}" for e in found.removed]
    for entity, changes in found.changed:
        lines.append(f"~ {entity}")
        for change in changes[:_SHOWN]:
            lines.append(f"    {change.path}: {_short(change.before)} -> {_short(change.after)}")
        if len(changes) > _SHOWN:
            lines.append(f"    and {len(changes) - _SHOWN} more fields")
    lines += [f"+ {a} -{t}-> {b}" for t, a, b in found.edges_added]
    lines += [f"- {a} -{t}-> {b}" for t, a, b in found.edges_removed]
    say("".join(terminal(line) + "\n" for line in lines) or "No difference.\n")


def _short(value: Any) -> str:
    text = _value(value)
    if text is None:
        return "nothing"
    return text if len(text) <= 60 else text[:57] + "..."
