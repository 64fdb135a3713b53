"""Options that commands share, and the reading that they ask for."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import click

from vigie.model.errors import UsageError

if TYPE_CHECKING:
    from vigie.graph.graph import Graph

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Source:
    """Where the evidence comes from, and which part of it is asked about."""

    files: tuple[str, ...]
    namespace: str | None
    all_namespaces: bool
    context: str | None
    kubeconfig: str | None
    as_user: str | None
    as_group: tuple[str, ...]
    request_timeout: str
    at: str | None

    def read(self) -> "Graph":
        """The graph of all this evidence; gaps are told on stderr. Raises VigieError when nothing was readable."""
        from vigie import pipeline
        from vigie.graph import clock

        as_of = None
        if self.at:
            as_of = clock.parse(self.at)
            if as_of == clock.MISSING:
                raise UsageError(f"--at {self.at!r} is no RFC 3339 time", fix="write 2026-01-31T14:00:00Z")
        live = not self.files or any((self.context, self.kubeconfig, self.as_user))
        with Progress() as progress:
            graph = pipeline.read_any(
                self.files,
                cluster=self._cluster() if live else None,
                as_of=as_of,
                stdin=sys.stdin.buffer if "-" in self.files else None,
                watch=progress,
            )
        _tell(graph)
        return graph

    def _cluster(self) -> dict[str, Any]:
        return {
            "kubeconfig": self.kubeconfig, "context": self.context, "as_user": self.as_user,
            "as_groups": self.as_group, "request_timeout": _seconds(self.request_timeout),
            "namespace": None if self.all_namespaces else self.namespace,
        }  # fmt: skip


class Progress:
    """One line on stderr that says what is being read, from the second second on, and only on a terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._began = self._shown = monotonic()
        self._documents = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown > self._began:
            click.echo("\r\x1b[K", nl=False, err=True)

    def __call__(self, origin: str) -> None:
        self._documents += 1
        now = monotonic()
        if self._on and now - self._began > 1 and now - self._shown > 0.1:
            from vigie.views.escape import terminal

            self._shown = now
            text = f"reading {self._documents} documents: {terminal(origin)}"
            click.echo(f"\r\x1b[K{text[: shutil.get_terminal_size((80, 24)).columns - 1]}", nl=False, err=True)


def _seconds(text: str) -> float:
    """kubectl's duration: `30`, `30s`, `2m`, `500ms`."""
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if text.endswith(unit) and text[: -len(unit)].replace(".", "", 1).isdigit():
            return float(text[: -len(unit)]) * factor
    if text.replace(".", "", 1).isdigit():
        return float(text)
    raise UsageError(f"--request-timeout {text!r} is no duration", fix="write 30s or 2m")


def _tell(graph: "Graph") -> None:
    from vigie.views.escape import terminal

    shown = 20
    for gap in graph.gaps[:shown]:
        where = f"{gap.origin}: " if gap.origin else ""
        click.echo(terminal(f"not read: {where}{gap.what}" + (f"; {gap.how}" if gap.how else "")), err=True)
    if len(graph.gaps) > shown:
        click.echo(f"not read: and {len(graph.gaps) - shown} more", err=True)


def source(command: F) -> F:
    """Add the options that say where the evidence is; the command gets them as `source: Source`."""
    import functools

    options = [
        click.option("-f", "--filename", "files", multiple=True, metavar="FILE",
                     help="A file, directory, archive, URL or - to read; repeatable. Without it: the live cluster."),
        click.option("-n", "--namespace", help="Only this namespace."),
        click.option("-A", "--all-namespaces", is_flag=True, help="All namespaces."),
        click.option("--context", help="The kubeconfig context to use."),
        click.option("--kubeconfig", type=click.Path(), help="The kubeconfig file to use."),
        click.option("--as", "as_user", metavar="USER", help="The user to impersonate."),
        click.option("--as-group", multiple=True, metavar="GROUP", help="A group to impersonate; repeatable."),
        click.option("--request-timeout", default="30s", show_default=True, help="How long one request may take."),
        click.option("--at", metavar="TIME", help="Judge as of this RFC 3339 time, not of the evidence's own."),
    ]  # fmt: skip

    @functools.wraps(command)
    def wrapped(
        files: tuple[str, ...], namespace: str | None, all_namespaces: bool, context: str | None,
        kubeconfig: str | None, as_user: str | None, as_group: tuple[str, ...], request_timeout: str,
        at: str | None, **rest: Any,
    ) -> Any:  # fmt: skip
        given = Source(files, namespace, all_namespaces, context, kubeconfig, as_user, as_group, request_timeout, at)
        return command(source=given, **rest)

    out: Any = wrapped
    for option in reversed(options):
        out = option(out)
    return out  # type: ignore[no-any-return]


def output(*formats: str) -> Callable[[F], F]:
    """Add `-o` with these formats; the first is the default."""
    return click.option(
        "-o",
        "--output",
        "output",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="The format.",
    )


def width() -> int:
    """The terminal's columns, 80 where there is no terminal."""
    return shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else 80


def colour() -> bool:
    """Whether to colour: only on a terminal, and never against NO_COLOR."""
    import os

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(text: str) -> None:
    """An answer, on stdout."""
    click.echo(text, nl=False, color=True if colour() else None)
