"""The pipeline: the only module that knows every stage. Evidence in, a sealed graph out, and answers from it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vigie.formats import yaml as yamlformat
from vigie.graph.build import Builder
from vigie.graph.graph import Graph
from vigie.graph.read import Reader
from vigie.graph.schema import Schema
from vigie.graph.seal import seal
from vigie.model.answer import Answer
from vigie.model.errors import DeclarationError, UsageError, VigieError
from vigie.model.evidence import Evidence, Gap
from vigie.model.finding import Finding, Unknown
from vigie.model.kind import Key
from vigie.model.rule import Rule
from vigie.model.system import System
from vigie.questions import causes, findings
from vigie.questions.collection import Collection
from vigie.sources import open_source
from vigie.sources.secret import redact_secret

if TYPE_CHECKING:
    from vigie.drawing.atlas import By

ENTRY_POINTS = "vigie.systems"


def systems() -> list[System]:
    """Every system: those in `vigie.systems`, and those that plug in by the entry-point group of the same name."""
    package = importlib.import_module("vigie.systems")
    found = []
    for info in pkgutil.iter_modules(package.__path__):
        if info.ispkg:
            found.append(_system(importlib.import_module(f"vigie.systems.{info.name}")))
    for entry in entry_points(group=ENTRY_POINTS):
        found.append(_system(entry.load()))
    return found


def _system(module: Any) -> System:
    declared = getattr(module, "SYSTEM", None)
    if not isinstance(declared, System):
        raise DeclarationError(f"{module.__name__} has no SYSTEM", fix="declare it with vigie.kit.system()")
    return declared


@lru_cache(maxsize=1)
def schema() -> Schema:
    """The schema of all systems, made once."""
    return Schema(systems())


def guarded() -> dict[Key, Any]:
    """Kinds whose values are dropped before anything keeps them."""
    return {Key("", "Secret"): redact_secret}


def read_all(found: Iterable[Evidence | Gap], *, as_of: int | None = None, of: Schema | None = None) -> Graph:
    """Seal a graph from what sources yield. `as_of` is in microseconds since the epoch."""
    known = of or schema()
    builder = Builder()
    Reader(builder, known, _documents, guarded()).take(found)
    return _sealed(builder, known, as_of)


def _sealed(builder: Builder, known: Schema, as_of: int | None) -> Graph:
    graph = seal(builder, known, as_of)
    graph.answerer = ask
    return graph


def _documents(stream: BinaryIO, origin: str) -> Iterable[tuple[int, bytes] | Gap]:
    return yamlformat.documents(stream, origin)


def sources(arguments: Sequence[str], stdin: BinaryIO | None = None) -> Iterator[Evidence | Gap]:
    """Everything behind the `-f` arguments, in their order.

    One that cannot be read is a gap among others that can. Raises VigieError when it is the only one.
    """
    for argument in arguments:
        try:
            yield from open_source(argument, stdin=stdin)
        except VigieError as error:
            if len(arguments) == 1:
                raise
            yield Gap(error.where or argument, error.what, how=error.fix)


def read(*arguments: str, as_of: int | None = None, stdin: BinaryIO | None = None) -> Graph:
    """Read files, directories, archives, URLs or `-` into one graph.

    Raises VigieError when nothing of it was readable.
    """
    return read_any(arguments, as_of=as_of, stdin=stdin)


def read_cluster(namespace: str | None = None, **connection: Any) -> Graph:
    """Read a live cluster with read-only verbs; `connection` is what `Cluster.connect` takes.

    Raises VigieError when it cannot be reached.
    """
    return read_any((), cluster={"namespace": namespace, **connection})


def read_any(
    arguments: Sequence[str],
    *,
    cluster: dict[str, Any] | None = None,
    as_of: int | None = None,
    stdin: BinaryIO | None = None,
    watch: Callable[[str], None] | None = None,
) -> Graph:
    """Read files and a live cluster together into one graph.

    Collection goes in rounds: all objects, then the logs of the pods that are unhealthy by them, then of those that
    these complain about. `watch` is called with the origin of each document before it is read.
    """
    live = None
    found = sources(arguments, stdin)
    if cluster is not None:
        from vigie.sources.kube import Cluster

        live = Cluster.connect(**cluster)
        found = chain(found, live.lists())
    builder = Builder()
    reader = Reader(builder, schema(), _documents, guarded())
    reader.take(_watched(found, watch))
    graph = _sealed(builder, schema(), as_of)
    if live is not None:
        for wanted in Collection(graph).rounds():
            reader.take(_watched(live.logs(wanted), watch))
        live.close()
        # Sealed anew: what was decided without the logs must not be remembered.
        graph = _sealed(builder, schema(), as_of)
    if not len(graph) and not len(graph.logs):
        first = next(iter(graph.gaps), None)
        raise VigieError(
            first.what if first else "holds no Kubernetes object",
            where=first.origin if first else ", ".join(arguments),
            fix="give it `kubectl get -o json` output, a support bundle or `kubectl cluster-info dump`",
        )
    return graph


def _watched(found: Iterable[Evidence | Gap], watch: Callable[[str], None] | None) -> Iterator[Evidence | Gap]:
    for item in found:
        if watch is not None:
            watch(item.origin)
        yield item


def rules(question: str = "", without: Iterable[str] = (), of: Schema | None = None) -> list[Rule]:
    """The rules of a question (all of them for ""), by id; `without` leaves some out by id or name."""
    dropped = set(without)
    return [
        rule
        for rule in (of or schema()).rules.values()
        if (not question or rule.question == question) and rule.id not in dropped and rule.name not in dropped
    ]


def ask(graph: Graph, question: str = "broken", *, without: Iterable[str] = ()) -> Answer:
    """Answer a question about a graph. Raises UsageError for a question that nobody answers yet."""
    if question != "broken":
        raise UsageError(f"nobody answers the question {question!r} yet", fix="ask broken")
    return causes.ask(graph, rules("broken", without, graph.schema))


def check(graph: Graph, *, without: Iterable[str] = ()) -> tuple[list[Finding], list[Unknown]]:
    """Run every rule: what it found, and where the evidence was too thin to tell."""
    return findings.ask(graph, rules("", without, graph.schema))


def draw(
    graph: Graph, path: str | Path, *, by: "By" = "namespace", answer: Answer | None = None, **how: Any
) -> dict[str, Any]:
    """Draw a graph to a file (.svg .png .html .gexf .graphml .geojson); returns the drawing's figures.

    `by` is what contains what: namespaces and workloads, or zones and machines. An `answer` is drawn over the map.
    Further arguments are those of `vigie.drawing.draw.draw`: level, solver, tolerance, theme.
    """
    from vigie.drawing.atlas import scene
    from vigie.drawing.draw import draw as to_file

    return to_file(scene(graph, by=by, answer=answer, title=how.pop("title", "")), path, **how)
