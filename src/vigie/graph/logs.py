"""Container logs: kept compressed, read line by line, each line with its number as evidence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

import msgspec
import zstandard

KEEP = 1 << 20
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) (?:(?:stdout|stderr) ([FP])(?: |$))?")


class LogKey(NamedTuple):
    """Whose log it is; a namespace "" is one that the evidence does not say."""

    namespace: str
    pod: str
    container: str
    previous: bool


class _Docker(msgspec.Struct):
    log: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The last `KEEP` bytes of one log, and the number of the first line among them."""

    origin: str
    first: int
    data: bytes

    def lines(self) -> Iterator[tuple[int, str]]:
        """Line numbers (from 1) and texts, without terminal escapes and without what a runtime put before each line.

        Lines that a runtime cut in pieces are joined, under the number of their first piece.
        """
        yield from self._read(self._text(), self.first)

    def tail(self, count: int) -> Iterator[tuple[int, str]]:
        """The last `count` lines, as `lines` gives them."""
        text = self._text()
        start = max(0, len(text) - count)
        yield from self._read(text[start:], self.first + start)

    def _text(self) -> list[str]:
        return zstandard.ZstdDecompressor().decompress(self.data).decode("utf-8", "replace").rstrip("\n").split("\n")

    @staticmethod
    def _read(text: list[str], first: int) -> Iterator[tuple[int, str]]:
        begun: tuple[int, str] | None = None
        for number, raw in enumerate(text, first):
            line, partial = _bare(_ESCAPES.sub("", raw.rstrip()))
            if begun is not None:
                number, line = begun[0], begun[1] + line  # noqa: PLW2901 - the piece belongs to the line begun
                begun = None
            if partial:
                begun = (number, line)
            else:
                yield number, line
        if begun is not None:
            yield begun


def _bare(line: str) -> tuple[str, bool]:
    """A line without the prefix of a container runtime or of `--timestamps`, and whether it goes on in the next."""
    if line.startswith('{"log":"'):
        try:
            said = msgspec.json.decode(line, type=_Docker).log
        except msgspec.DecodeError:
            return line, False
        return said.rstrip("\n"), not said.endswith("\n")
    stamp = _STAMP.match(line)
    return (line[stamp.end() :], stamp[1] == "P") if stamp else (line, False)


class Logs:
    """All logs of a graph."""

    def __init__(self) -> None:
        self._kept: dict[LogKey, Kept] = {}
        self._pods: dict[tuple[str, str], set[LogKey]] = {}
        self._runs: dict[LogKey, dict[int, Kept]] = {}

    def add(self, key: LogKey, origin: str, stream: BinaryIO, attempt: int | None = None, first: int = 1) -> None:
        """Keep the end of one log; of two for one key, the longer wins.

        `attempt` numbers the runs of a container: the highest is its log, the one before it its previous log.
        `first` is the number of the stream's first line in its document.
        """
        kept = _keep(origin, stream, first)
        if kept is None:
            return
        if attempt is None:
            before = self._kept.get(key)
            if before is None or len(before.data) < len(kept.data):
                self._put(key, kept)
            return
        runs = self._runs.setdefault(key, {})
        runs[attempt] = kept
        newest = sorted(runs, reverse=True)
        for number, previous in zip(newest[:2], (False, True), strict=False):
            self._put(key._replace(previous=previous), runs[number])

    def _put(self, key: LogKey, kept: Kept) -> None:
        self._kept[key] = kept
        self._pods.setdefault((key.namespace, key.pod), set()).add(key)

    def get(self, key: LogKey) -> Kept | None:
        """One log, also where the evidence did not say its namespace."""
        return self._kept.get(key) or self._kept.get(key._replace(namespace=""))

    def of(self, namespace: str, pod: str) -> list[LogKey]:
        """The logs of one pod."""
        return sorted(self._pods.get((namespace, pod)) or self._pods.get(("", pod)) or ())

    def __len__(self) -> int:
        return len(self._kept)


_NO_LOG = b"unable to retrieve container logs for "


def _keep(origin: str, stream: BinaryIO, first: int) -> Kept | None:
    """The end of a log; None for what a kubelet answers instead of one that it no longer has."""
    tail = b""
    while chunk := stream.read(KEEP):
        tail += chunk
        if len(tail) > 2 * KEEP:
            start = len(tail) - KEEP
            cut = tail.find(b"\n", start) + 1 or start
            first += tail.count(b"\n", 0, cut)
            tail = tail[cut:]
    if tail.startswith(_NO_LOG) and b"\n" not in tail.rstrip(b"\n"):
        return None
    return Kept(origin, first, zstandard.ZstdCompressor().compress(tail))


def split_logs(stream: BinaryIO, split: re.Pattern[str], namespace: str) -> Iterator[tuple[LogKey, int, bytes]]:
    """The logs in one file: whose, the number of the first line, and the text.

    A line that `split` matches says whose lines follow (one that names nobody ends them); with a group `line`, whose
    log that one line is.
    """
    by_line = "line" in split.groupindex
    whose: LogKey | None = None
    first: dict[LogKey, int] = {}
    texts: dict[LogKey, list[bytes]] = {}
    for number, raw in enumerate(stream, 1):
        text = raw.decode("utf-8", "replace").rstrip("\n")
        said = split.match(text)
        if said is not None:
            groups = said.groupdict()
            named = groups.get("pod") and groups.get("container")
            whose = (
                LogKey(groups.get("namespace") or namespace, groups["pod"], groups["container"], False)
                if named
                else None
            )
            if not by_line:
                continue
            text = groups["line"] or ""
        elif by_line:
            whose = None
        if whose is not None:
            first.setdefault(whose, number)
            texts.setdefault(whose, []).append(text.encode())
    for key, lines in texts.items():
        yield key, first[key], b"\n".join(lines) + b"\n"


def outside(data: bytes, split: re.Pattern[str]) -> bytes:
    """What stands between the sections of a file of several logs: the documents that follow, without their blanks."""
    kept: list[bytes] = []
    inside = True
    for raw in data.splitlines(keepends=True):
        said = split.match(raw.decode("utf-8", "replace").rstrip("\n"))
        if said is not None:
            inside = bool(said.groupdict().get("pod"))
        elif not inside:
            kept.append(raw)
    return b"".join(kept).strip()
