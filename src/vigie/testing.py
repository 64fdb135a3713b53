"""The case runner: a rule's Markdown page is its test. For vigie's own rules and for those of plug-ins.

A page has sections whose headings start with Bad, Good or Unknown. Their fenced blocks are evidence; the `answer`
block lists, ranked, what must come out, and more or less than that fails:

- ```` ```yaml [NAME]````, ```` ```json [NAME]````: objects, as a file of that name (default: `evidence.yaml`)
- ```` ```events````: lines `TIME TYPE REASON KIND/[NAMESPACE/]NAME[{container}] [xCOUNT] MESSAGE`
- ```` ```log NAMESPACE/POD/CONTAINER [previous]````: a container's log
- ```` ```covers````: lines `KIND [NAMESPACE]`: kinds that the evidence lists in full
- ```` ```answer````: lines `CLASS KIND/[NAMESPACE/]NAME [part] [@FILE...]`; a class `unknown` is the third outcome,
  and its part the evidence that is needed (`list:Node`);
  `finding CLASS KIND/...` expects a finding of `check` that is no cause
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from vigie import pipeline
from vigie.graph.graph import Graph
from vigie.graph.schema import Schema
from vigie.model.classes import UNKNOWN
from vigie.model.evidence import Evidence, Gap, Listed

_HEADING = re.compile(r"^## +(Bad|Good|Unknown)\b[: ]*(.*)$")
_FENCE = re.compile(r"^```(\w+) *(.*)$")
_EVENT = re.compile(
    r"(\S+) (Normal|Warning) (\S+) ([\w.]+)/(?:([^/\s{]+)/)?([^/\s{]+)(?:\{([^}]+)\})?(?: x(\d+))? (.*)"
)


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of an answer block."""

    cause: str
    entity: str
    part: str
    evidence: str
    finding: bool


@dataclass(slots=True)
class Case:
    """One section of a page."""

    page: Path
    outcome: str
    title: str
    line: int
    evidence: list[Evidence | Gap] = field(default_factory=list)
    answer: list[Expected] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.page.stem}:{self.line}:{self.outcome}"


def cases(page: Path) -> list[Case]:
    """Every case of a page. Raises ValueError, naming page and line, for a malformed one."""
    found: list[Case] = []
    for line, heading, blocks in _sections(page):
        case = Case(page, heading[1], heading[2].strip(), line)
        answered = False
        for at, kind, info, body in blocks:
            if kind == "answer":
                case.answer = [_expected(page, at + n, text) for n, text in enumerate(body, 1) if text.strip()]
                answered = True
            else:
                case.evidence += _evidence(page, at, kind, info, body)
        if not answered:
            raise ValueError(f"{page}:{line}: the case has no answer block")
        found.append(case)
    return found


def _sections(page: Path) -> Iterator[tuple[int, re.Match[str], list[tuple[int, str, str, list[str]]]]]:
    heading: re.Match[str] | None = None
    start = 0
    blocks: list[tuple[int, str, str, list[str]]] = []
    body: list[str] | None = None
    for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if body is not None:
            if line.rstrip() == "```":
                body = None
            else:
                body.append(line)
        elif fence and heading:
            body = []
            blocks.append((number, fence[1], fence[2].strip(), body))
        elif line.startswith("## "):
            if heading:
                yield start, heading, blocks
            heading, start, blocks = _HEADING.match(line), number, []
    if heading:
        yield start, heading, blocks


def _evidence(page: Path, at: int, kind: str, info: str, body: list[str]) -> Iterator[Evidence | Gap]:
    text = "\n".join(body) + "\n"
    if kind in ("yaml", "json"):
        yield Evidence.of(info or f"evidence.{kind}", text.encode(), kind)
    elif kind == "events":
        yield Evidence.of("events.json", _events(page, at, body), "json", listed=Listed("", "Event"))
    elif kind == "log":
        where, _, previous = info.partition(" ")
        suffix = ".previous.log" if previous else ".log"
        yield Evidence.of(f"logs/{where}{suffix}", text.encode(), "log")
    elif kind == "covers":
        for line in body:
            name, _, namespace = line.strip().partition(" ")
            if name:
                key = pipeline.schema().resolve(name)
                data = msgspec.json.encode({"kind": f"{key.kind}List", "items": []})
                listed = Listed(key.group, key.kind, namespace or None)
                yield Evidence.of(f"covers/{name}.json", data, "json", listed=listed)
    else:
        raise ValueError(f"{page}:{at}: a case has no {kind!r} blocks")


def _events(page: Path, at: int, body: list[str]) -> bytes:
    items = []
    for number, line in enumerate(body, 1):
        if not line.strip():
            continue
        match = _EVENT.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"{page}:{at + number}: not TIME TYPE REASON KIND/NAMESPACE/NAME MESSAGE")
        time, type, reason, kind, namespace, name, container, count, message = match.groups()
        key = pipeline.schema().resolve(kind)
        about = {"apiVersion": f"{key.group}/v1" if key.group else "v1", "kind": kind, "name": name}
        if namespace:
            about["namespace"] = namespace
        if container:
            about["fieldPath"] = f"spec.containers{{{container}}}"
        items.append(
            {
                "metadata": {"name": f"{name}.{number:016x}", "namespace": namespace or "default"},
                "involvedObject": about, "reason": reason, "type": type, "message": message,
                "firstTimestamp": time, "lastTimestamp": time, "count": int(count or 1),
            }
        )  # fmt: skip
    return msgspec.json.encode({"kind": "EventList", "apiVersion": "v1", "items": items})


def _expected(page: Path, line: int, text: str) -> Expected:
    words = text.split()
    finding = words[0] == "finding"
    if finding:
        words = words[1:]
    evidence = next((w[1:] for w in words if w.startswith("@")), "")
    plain = [w for w in words if not w.startswith("@")]
    if len(plain) not in (2, 3):
        raise ValueError(f"{page}:{line}: an answer line is CLASS KIND/NAMESPACE/NAME [part]")
    return Expected(plain[0], plain[1], plain[2] if len(plain) == 3 else "", evidence, finding)


def graph(case: Case, schema: Schema | None = None) -> Graph:
    """The graph of a case's evidence."""
    return pipeline.read_all(case.evidence, of=schema)


def check(case: Case, *, without: tuple[str, ...] = (), schema: Schema | None = None) -> list[str]:
    """Run one case; returns what is wrong, a line each. `without` disables rules by id or name."""
    sealed = graph(case, schema)
    answer = pipeline.ask(sealed, "broken", without=without)
    got = [(c.name, str(c.entity), c.part) for c in answer.causes]
    wanted = [e for e in case.answer if not e.finding]
    problems = [f"{u.entity}: {u.why}" for u in answer.unknown if u.needs.startswith("rule:")]
    if [(c, e) for c, e, _ in got] != [(e.cause, e.entity) for e in wanted]:
        problems.append(f"expected {[(e.cause, e.entity) for e in wanted]}, got {[(c, e) for c, e, _ in got]}")
    for expected, cause in zip(wanted, answer.causes, strict=False):
        if expected.cause == UNKNOWN and expected.part:
            if expected.part not in {u.needs for u in answer.unknown}:
                problems.append(f"unknown: nothing needs {expected.part!r}, only {[u.needs for u in answer.unknown]}")
        elif expected.part and expected.part != cause.part:
            problems.append(f"{expected.cause}: expected part {expected.part!r}, got {cause.part!r}")
        proofs = [p.evidence for p in cause.proofs] + [s.proof.evidence for s in cause.chain if s.proof]
        if expected.evidence and not any(p.startswith(expected.evidence) for p in proofs):
            problems.append(f"{expected.cause}: no proof at {expected.evidence}, only {sorted(set(proofs))}")
    found = {(f.found.cause, str(f.found.at)) for f in pipeline.check(sealed, without=without)[0]}
    for expected in case.answer:
        if expected.finding and (expected.cause, expected.entity) not in found:
            problems.append(f"no finding {expected.cause} {expected.entity}, only {sorted(found)}")
    return problems
