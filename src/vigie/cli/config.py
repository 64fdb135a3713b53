"""`vigie.yaml`, found upward from where one stands: a flag beats the environment, the environment beats the file."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vigie.model.errors import UsageError

if TYPE_CHECKING:
    from vigie.graph.graph import Graph
    from vigie.questions.suppress import Suppression, Suppressions

NAME = "vigie.yaml"
_KEYS = ("fail-on", "baseline", "suppress")
_SUPPRESS = ("rule", "object", "reason", "expires")


@dataclass(slots=True)
class Config:
    """What the file says; defaults where it says nothing."""

    path: Path | None = None
    fail_on: str | None = None
    baseline: str | None = None
    suppress: list["Suppression"] = field(default_factory=list)


def find(start: Path) -> Path | None:
    """The nearest vigie.yaml in a directory or above it."""
    for directory in (start, *start.parents):
        path = directory / NAME
        if path.is_file():
            return path
    return None


def load(start: Path | None = None) -> Config:
    """Read the nearest vigie.yaml. Raises UsageError, naming file and key, for one that cannot be meant."""
    path = find((start or Path.cwd()).resolve())
    if path is None:
        return Config()
    import yaml

    try:
        said = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"cannot be read: {' '.join(str(error).split())}", where=str(path)) from error
    if not isinstance(said, dict):
        raise UsageError("is no map of settings", where=str(path))
    _known(said, _KEYS, str(path))
    entries = said.get("suppress") or []
    if not isinstance(entries, list):
        raise UsageError("suppress is no list", where=str(path))
    found = [_suppression(entry, f"{path}: suppress[{n}]") for n, entry in enumerate(entries)]
    return Config(path, said.get("fail-on"), said.get("baseline"), found)


def _known(said: dict[Any, Any], keys: tuple[str, ...], where: str) -> None:
    for key in said:
        if key not in keys:
            near = get_close_matches(str(key), keys, 1)
            raise UsageError(
                f"unknown key {key!r}",
                where=where,
                fix=f"did you mean {near[0]!r}?" if near else f"use {', '.join(keys)}",
            )


def _suppression(entry: Any, where: str) -> "Suppression":
    from vigie.graph import clock
    from vigie.questions.suppress import Suppression

    if not isinstance(entry, dict):
        raise UsageError("is no map", where=where)
    _known(entry, _SUPPRESS, where)
    if not entry.get("rule") or not entry.get("reason"):
        raise UsageError("needs rule and reason", where=where, fix="say which rule, and why it may stay")
    expires = None
    if entry.get("expires") is not None:
        text = str(entry["expires"])
        expires = clock.parse(text if "T" in text else text + "T00:00:00Z")
        if expires == clock.MISSING:
            raise UsageError(f"expires {text!r} is no date", where=where, fix="write 2026-12-31")
    return Suppression(str(entry["rule"]), str(entry.get("object", "*")), str(entry["reason"]), expires)


def suppressions(graph: "Graph", baseline: str | None = None) -> "Suppressions":
    """The decisions of the configuration that hold for a graph; expired ones are told on stderr."""
    from vigie.questions.suppress import Suppressions

    config = load()
    names = {rule.id: rule.name for rule in graph.schema.rules.values()}
    path = baseline or config.baseline
    made = Suppressions(config.suppress, graph.as_of, names, read_baseline(path) if path else ())
    for suppression in made.expired:
        click.echo(f"suppression expired: {suppression.rule} {suppression.object}: {suppression.reason}", err=True)
    return made


def read_baseline(path: str) -> list[str]:
    """The fingerprints of a baseline: one a line. Raises UsageError when the file cannot be read."""
    try:
        return [line.strip() for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=path, fix="write one with --write-baseline FILE") from error
