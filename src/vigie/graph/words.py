"""The words of a log: its lines, the records they form, and those that say why a process ended."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vigie.graph import clock, hosts, lines
from vigie.graph.hosts import Address, Trouble
from vigie.graph.lines import Level
from vigie.graph.logs import Kept
from vigie.model.finding import Proof

if TYPE_CHECKING:
    from vigie.graph.entity import Entity

_TROUBLE = re.compile(
    r"(?i)\b(fatal|panic|error|err|exception|traceback|critical|crit|severe|emerg|alert|failed|failure|fails|cannot|can't|"
    r"could not|couldn't|unable to|denied|refused|no such|not found|missing|invalid|unknown|timeout|timed out|"
    r"unreachable|"
    r"bad|wrong|broken|required|must|undefined|unexpected|uncaught|unhandled|abort\w*|corrupt\w*|violat\w*|illegal|"
    r"not available|"
    r"giving up|unrecogni[sz]ed|forbidden|mismatch|lost|segfault|segmentation fault|syntax error|usage:|"
    r"not permitted|overflow|"
    r"out of memory|too many|no space|divi\w+ by (?:0|zero)|does not exist|stopped unexpectedly|exited|dead)\b"
    r"|\w(?:Error|Exception)\b"
)
_WORDS = 12
_TAIL = 400
_LONGEST = 80
_WIDEST = 4096
_RECENT = 60 * clock.SECOND

_FRAME = re.compile(
    r"""\s+at\s | \s+File\s".*",\sline\s\d | \s*\.\.\.\s\d+\s(?:more|common|other) | goroutine\s\d+\s
    | \s+/\S+:\d+ | created\sby\s |
    \S+\(.*\)$ | \s+from\s\S+:\d+ | \#\d+\s | \s+--->?\s*$ | \s*---\sEnd\sof | exit\sstatus\s\d+$ | \s*\^+\s*$
    | \[signal\s |
    \s+\d+:\s+0x | stack\sbacktrace:|note:\srun\swith | \s*[}\])]+;?\s*$""",
    re.VERBOSE,
)
_MORE = re.compile(
    r"""\s | Caused\sby: | \.\.\.\s\d+\s | goroutine\s\d+\s | created\sby\s | \[signal\s | Traceback\s\(most
    | During\shandling\sof |
    The\sabove\sexception | ---\sEnd\sof | stack\sbacktrace: | note:\srun\swith |
    \#\d+\s | [}\])]+;?\s*$ | exit\sstatus\s\d+$""",
    re.VERBOSE,
)
_THROWN = re.compile(
    r"""(?:Caused\sby:\s|\s*--->\s|Unhandled\sexception[.:]?\s|Exception\sin\sthread\s"[^"]*"\s|Uncaught\s|panic:\s|fatal\serror:\s|
    PHP\sFatal\serror:\s+|thread\s'[^']*'.*\spanicked\sat\s)?
    (?:[A-Za-z_$][\w$]*(?:[.:]{1,2}[A-Za-z_$][\w$]*)*(?:Error|Exception|Timeout|Exit|Interrupt|Failure|Fault|Refused|NotFound|Unavailable)
    (?:\s\[\w+\]|\s\(0x\w+\))?(?::\s|$))""",
    re.VERBOSE,
)
_ROOTS = re.compile(r"(?:Caused by: |\s*---> |panic: |fatal error: )")
_BLOCK = re.compile(r"panic: |fatal error: |Traceback \(most recent call last\)|Unhandled exception")


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a container's log; `number` counts from 1."""

    log: "Log"
    number: int
    text: str

    def prove(self) -> Proof:
        field = "previous log" if self.log.previous else "log"
        return Proof(
            self.log.entity, f"{field} of {self.log.part}", self.text, None, f"{self.log.origin}:{self.number}"
        )

    def __str__(self) -> str:
        return self.text

    @property
    def frame(self) -> bool:
        """Whether it is a frame of a stack trace, which names places in a program and nothing that was read."""
        return bool(_FRAME.match(self.text[:_WIDEST]))

    @property
    def message(self) -> str:
        """What it says without the wrapping of runtimes and loggers."""
        return lines.read(self.text[:_WIDEST]).message.strip()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Every address that it names."""
        return hosts.addresses(lines.read(self.text).message)


@dataclass(frozen=True)
class Record:
    """What a program said at once: a line, with the stack trace that belongs to it.

    `level` is "" where none is stated; `text` is its message with that of every exception in it, frames left out;
    `telling` is the line that names the root: the last `Caused by`, the last line of a traceback, the panic.
    """

    lines: tuple[LogLine, ...]
    level: Level
    text: str
    telling: LogLine
    time: int | None

    def __str__(self) -> str:
        return self.text

    def prove(self) -> Proof:
        proof = self.telling.prove()
        return Proof(proof.entity, proof.field, proof.value, self.time, proof.evidence)

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """Every address that it names."""
        return hosts.addresses(self.text)

    @cached_property
    def hints(self) -> tuple[str, ...]:
        """Bare words that may name a host."""
        return hosts.hints(self.text)

    @cached_property
    def nameserver(self) -> Address | None:
        """The DNS server that a failed lookup asked."""
        return hosts.nameserver(self.text)

    @cached_property
    def trouble(self) -> Trouble:
        """What kind of failed call it speaks of."""
        return hosts.trouble(self.text)

    @cached_property
    def bad(self) -> bool:
        """Whether it speaks of trouble at all."""
        if self.level in ("fatal", "error"):
            return True
        if self.level in ("info", "debug"):
            return False
        return bool(_TROUBLE.search(self.text)) or self.trouble != ""


@dataclass(frozen=True)
class Log:
    """A container's log as far as it was kept; falsy when there is none."""

    entity: "Entity"
    kept: Kept | None
    part: str
    previous: bool

    def __bool__(self) -> bool:
        return self.kept is not None

    @property
    def origin(self) -> str:
        return self.kept.origin if self.kept else ""

    @cached_property
    def lines(self) -> tuple[LogLine, ...]:
        """Every line kept, oldest first, empty ones left out."""
        if self.kept is None:
            return ()
        return tuple(LogLine(self, number, text) for number, text in self.kept.lines() if text.strip())

    @cached_property
    def records(self) -> tuple[Record, ...]:
        """The records of its last lines, oldest first."""
        if self.kept is None:
            return ()
        return tuple(records([LogLine(self, number, text) for number, text in self.kept.tail(_TAIL) if text.strip()]))

    def troubled(self) -> Iterator[Record]:
        """The records that speak of trouble, newest first."""
        return (record for record in reversed(self.records) if record.bad)

    def last_words(self) -> tuple[Record, ...]:
        """The records that say why the process ended: of its last ones those that speak of trouble, else the last."""
        end = self.records[-_WORDS:]
        return tuple(record for record in end if record.bad) or end[-1:]

    def recent(self) -> tuple[Record, ...]:
        """What it complained of lately: in the last minute of its own time, or in its last records where none is "
        "told."""
        end = self.records[-_WORDS * 3 :]
        newest = max((record.time for record in end if record.time is not None), default=None)
        return tuple(
            record
            for record in end
            if record.bad and (newest is None or record.time is None or record.time >= newest - _RECENT)
        )


def records(written: Sequence[LogLine]) -> Iterator[Record]:
    """Lines joined into records."""
    held: list[LogLine] = []
    head = lines.Said("", "")
    block = False
    for line in written:
        said = lines.read(line.text[:_WIDEST])
        if held and len(held) < _LONGEST and _belongs(line.text[:_WIDEST], said, head, held[-1].text, block=block):
            held.append(line)
            block = block or bool(_BLOCK.match(line.text))
            continue
        if held:
            yield _record(held, head)
        held, head, block = [line], said, bool(_BLOCK.search(line.text))
    if held:
        yield _record(held, head)


def _belongs(text: str, said: lines.Said, head: lines.Said, before: str, *, block: bool) -> bool:
    """Whether a line continues the record above it."""
    if said.time is not None or text[:1] == "{":
        return False
    if text.startswith("Traceback (most") and head.level in ("info", "debug"):
        return False
    if _MORE.match(text):
        return True
    if block:
        return not (_TRACE_END.match(before) and not _FRAME.match(text))
    if said.level and not _THROWN.match(text):
        return False
    return head.time is not None or (bool(_THROWN.match(text)) and head.level in ("error", "fatal"))


_TRACE_END = re.compile(r"(?:\w+\.)*\w+(?:Error|Exception|Interrupt|Exit|Warning)(?:: |$)")


def _record(held: list[LogLine], head: lines.Said) -> Record:
    """A record from its lines: its text without frames, and the line that names the root."""
    texts = [head.message.strip()]
    telling = held[0]
    for line in held[1:]:
        if _FRAME.match(line.text[:_WIDEST]):
            continue
        texts.append(line.text[:_WIDEST].strip())
        if _ROOTS.match(line.text) or (_THROWN.match(line.text) and not _ROOTS.match(telling.text)):
            telling = line
    level: Level = head.level
    if not level and (_ROOTS.match(telling.text) or _THROWN.match(telling.text)):
        level = "fatal" if telling.text.startswith(("panic: ", "fatal error: ")) else "error"
    return Record(tuple(held), level, "\n".join(texts), telling, head.time)
