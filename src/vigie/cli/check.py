"""`vigie check`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vigie.cli.options import Source, colour, output, say, source, width
from vigie.model.errors import UsageError

if TYPE_CHECKING:
    from vigie.model.rule import Rule


@click.command("check")
@output("table", "wide", "name", "json", "yaml", "jsonl", "sarif", "junit", "markdown", "html")
@click.option(
    "--fail-on", type=click.Choice(["critical", "high", "medium", "low", "info", "none"]), envvar="VIGIE_FAIL_ON",
    help="Exit with 1 when a finding is at least this severe (default: high).",
)  # fmt: skip
@click.option("--require-complete", is_flag=True, help="Exit with 3 when evidence was missing.")
@click.option("--baseline", metavar="FILE", envvar="VIGIE_BASELINE", help="Hide the findings listed in this file.")
@click.option("--write-baseline", metavar="FILE", help="Write the findings of this run as a baseline.")
@click.option("--disable", multiple=True, metavar="RULE", help="Leave a rule out, by id or name; repeatable.")
@source
@click.pass_context
def command(
    ctx: click.Context, source: Source, output: str, fail_on: str | None, require_complete: bool,
    baseline: str | None, write_baseline: str | None, disable: tuple[str, ...],
) -> None:  # fmt: skip
    """Run every rule and list what it finds, the most severe first.

    Exit code 0: nothing at or above --fail-on; 1: something; 3: evidence missing, with --require-complete.
    """
    from vigie import pipeline
    from vigie.cli import config
    from vigie.questions.suppress import fingerprint
    from vigie.views import documents, plain, terminal

    graph = source.read()
    _known_rules(disable, graph.schema.rules)
    found, unknown = pipeline.check(graph, without=disable)
    if source.namespace and not source.all_namespaces:
        found = [f for f in found if source.namespace in (f.found.at.namespace, f.subject.namespace)]
    if write_baseline:
        Path(write_baseline).write_text("".join(fingerprint(f) + "\n" for f in found), "utf-8")
    held = config.suppressions(graph, baseline)
    found = held.apply_to_findings(found)
    said = plain.findings(found, graph.schema.rules, unknown, graph.as_of)
    if output in ("table", "wide"):
        say(terminal.findings(said, width=width(), colour=colour()))
    else:
        say(documents.RENDER[output](said))
    if held.hidden:
        click.echo(f"{len(held.hidden)} suppressed", err=True)
    incomplete = bool(require_complete and (unknown or graph.gaps))
    ctx.exit(_code(fail_on or config.load().fail_on or "high", [f.severity for f in found], incomplete))


def _known_rules(disable: tuple[str, ...], rules: dict[str, "Rule"]) -> None:
    names = {rule.name for rule in rules.values()} | set(rules)
    for name in disable:
        if name not in names:
            raise UsageError(f"no rule is called {name!r}", fix="`vigie rules` lists them")


def _code(fail_on: str, severities: list[str], incomplete: bool) -> int:
    from vigie.model.finding import SEVERITIES

    order = list(SEVERITIES)
    if fail_on not in (*order, "none"):
        raise UsageError(f"fail-on {fail_on!r} is no severity", fix=f"use one of {', '.join(order)}")
    if fail_on != "none" and any(order.index(s) <= order.index(fail_on) for s in severities if s in order):  # type: ignore[arg-type]
        return 1
    return 3 if incomplete else 0
