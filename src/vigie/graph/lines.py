"""One line of a log: the wrapping of runtimes and loggers taken off, so that its level and its message are left.

Understood are the envelopes of container runtimes (CRI, Docker's JSON files, `kubectl logs --timestamps`), records in
JSON and logfmt, klog's headers, and the usual texts of Java, Python, Go, Ruby, Node, .NET, PHP, nginx, PostgreSQL,
MySQL and Redis. What is not understood is its own message.
"""

import re
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from vigie.graph import clock

Level = Literal["fatal", "error", "warn", "info", "debug", ""]


@dataclass(frozen=True, slots=True)
class Said:
    """What one line says: its level ("" where it states none), its message, and its time in microseconds."""

    level: Level
    message: str
    time: int | None = None


_LEVELS: dict[str, Level] = {
    "fatal": "fatal", "panic": "fatal", "critical": "fatal", "crit": "fatal", "emerg": "fatal", "emergency": "fatal",
    "alert": "fatal", "dpanic": "fatal", "ftl": "fatal", "fail": "error",
    "error": "error", "err": "error", "severe": "error", "eror": "error",
    "warning": "warn", "warn": "warn", "wrn": "warn",
    "info": "info", "information": "info", "notice": "info", "inf": "info", "log": "info",
    "note": "info", "hint": "info",
    "debug": "debug", "trace": "debug", "dbg": "debug", "verbose": "debug", "fine": "debug", "detail": "debug",
}  # fmt: skip
_SHORT: dict[str, Level] = {"F": "fatal", "E": "error", "W": "warn", "I": "info", "D": "debug"}
_PINO: tuple[tuple[float, Level], ...] = ((60, "fatal"), (50, "error"), (40, "warn"), (30, "info"), (0, "debug"))
_LEVEL_KEYS = ("level", "lvl", "severity", "loglevel", "log_level", "log.level", "levelname", "@l", "Level", "LogLevel")
_MESSAGE_KEYS = ("msg", "message", "log", "event", "@m", "@mt", "Message", "short_message", "textPayload")
_TIME_KEYS = ("ts", "time", "timestamp", "@timestamp", "@t", "asctime", "Timestamp", "t")
_DETAIL_KEYS = (
    "error", "err", "reason", "cause", "exception", "exc_info", "stack", "stack_trace", "stacktrace", "Exception",
    "@x", "error.message", "error_message", "errorVerbose", "detail",
)  # fmt: skip

_CRI = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) (?:stdout|stderr) [FP] ?")
_STAMPED = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6,9}Z) ")
_KLOG = re.compile(r"^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w./-]+:\d+\] ?(.*)$", re.DOTALL)
_PAIR = re.compile(r"""(?:^|\s)([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']\S*|(?=\s|$))""")
_WHEN = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|GMT|[+-]\d\d:?\d\d)?", re.ASCII
)
_HEAD = 160
_WORD = re.compile(
    r"""(?:^|[\s\[(<|:;,"'\]=])            # the level stands alone; in small letters only at the start or in brackets
    (?:(EMERG|EMERGENCY|ALERT|FATAL|PANIC|CRITICAL|CRIT|SEVERE|ERROR|ERR|EROR|WARNING|WARN|NOTICE|INFO|INFORMATION|DEBUG|
    TRACE|VERBOSE|LOG|FTL|WRN|INF|DBG)
    |(?:(?<=[\[<|])|^|(?<=[\dZ][ ]))(emerg|alert|fatal|panic|critical|crit|error|warning|warn|notice|info|debug
    | trace|fail|
    Error|Warning|Note|Fatal))
    (?=[\s\])>|:;,"'\[]|$)""",
    re.VERBOSE,
)
_JAVA = re.compile(r"^\S.{0,120}? --- \[[^\]]*\](?: \[[^\]]*\])* \S+ +: (.*)$", re.DOTALL)
_AFTER = re.compile(r"^(?:[\])>|:]|\s|-(?=\s))*(.*)$", re.DOTALL)
_REDIS = re.compile(r"^\d+:[XCSM] \d\d \w{3} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)? ([.\-*#]) (.*)$", re.DOTALL)
_REDIS_LEVELS: dict[str, Level] = {".": "debug", "-": "debug", "*": "info", "#": "warn"}
_RUBY = re.compile(r"^([DIWEFA]), \[[^\]]+\] +\w+ -- [^:]*: (.*)$", re.DOTALL)
_HEADERS: tuple[tuple[re.Pattern[str], dict[str, Level]], ...] = (
    (_KLOG, _SHORT),
    (_RUBY, _SHORT),
    (_REDIS, _REDIS_LEVELS),
)


def read(text: str) -> Said:
    """Take one line apart."""
    when: int | None = None
    for wrapping in (_CRI, _STAMPED):
        match = wrapping.match(text)
        if match:
            when = _time(match[1])
            text = text[match.end() :]
    said = _json(text) if text[:1] == "{" and text.rstrip()[-1:] == "}" else None
    if said is None:
        said = _logfmt(text) or _headed(text)
    return said if said.time is not None else Said(said.level, said.message, when)


def _time(value: Any) -> int | None:
    """A time as loggers write it: RFC 3339 and its relatives, or seconds, milliseconds or nanoseconds of the epoch."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 1e8:
        scale = 1e6 if value < 1e11 else 1e3 if value < 1e14 else 1 if value < 1e17 else 1e-3
        return int(value * scale)
    if not isinstance(value, str):
        return None
    match = _WHEN.search(value[:_HEAD])
    if match is None:
        return None
    year, month, day, moment, part, zone = match.groups()
    zone = zone if zone and zone[0] in "+-" else "+00:00"
    if len(zone) == 5:
        zone = f"{zone[:3]}:{zone[3:]}"
    found = clock.parse(f"{year}-{month}-{day}T{moment}.{(part or '0')[:6].ljust(6, '0')}{zone}")
    return None if found == clock.MISSING else found


def level(value: Any) -> Level:
    """A level as loggers write it, by word, letter or pino's number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return next((name for least, name in _PINO if value >= least), "")
    if not isinstance(value, str):
        return ""
    return _LEVELS.get(value.strip().lower(), _SHORT.get(value.strip(), ""))


def _json(text: str) -> Said | None:
    try:
        record = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    if not isinstance(record, dict):
        return None
    if set(record) == {"log", "stream", "time"} and isinstance(record["log"], str):
        inner = read(record["log"].rstrip("\n"))
        return inner if inner.time is not None else Said(inner.level, inner.message, _time(record["time"]))
    nested = record.get("log")
    said = level(nested["level"]) if isinstance(nested, dict) and "level" in nested else ""
    said = said or next((level(record[key]) for key in _LEVEL_KEYS if key in record), "")
    parts: list[str] = []
    for key in (*_MESSAGE_KEYS, *_DETAIL_KEYS):
        for words in _words(record.get(key)):
            if words and not any(words in part for part in parts):
                parts.append(words)
    when = next((_time(record[key]) for key in _TIME_KEYS if key in record), None)
    return Said(said, ": ".join(parts) or text, when)


def _words(value: Any) -> list[str]:
    """The texts of a JSON value that holds a message or an error."""
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, dict):
        inner = [value.get(key) for key in ("type", "code", "message", "msg", "hostname", "stack")]
        if value.get("address") and value.get("port"):
            inner.insert(3, f"{value['address']}:{value['port']}")
        return [part.strip() for part in inner if isinstance(part, str)]
    if isinstance(value, list):
        return [str(part).strip() for part in value if isinstance(part, str)]
    return []


def _logfmt(text: str) -> Said | None:
    pairs = {key: _unquoted(value) for key, value in _PAIR.findall(text)}
    if not ({"level", "lvl", "severity"} & set(pairs) and {"msg", "message", "err", "error"} & set(pairs)):
        return None
    parts: list[str] = []
    for key in (*_MESSAGE_KEYS, *_DETAIL_KEYS):
        words = pairs.get(key, "")
        if words and not any(words in part for part in parts):
            parts.append(words)
    said: Level = next((level(pairs[key]) for key in ("level", "lvl", "severity") if key in pairs), "")
    when = next((_time(pairs[key]) for key in _TIME_KEYS if key in pairs), None)
    return Said(said, ": ".join(parts), when)


def _unquoted(value: str) -> str:
    if value[:1] == '"':
        try:
            return str(msgspec.json.decode(value))
        except msgspec.DecodeError:
            return value[1:-1].replace('\\"', '"')
    return value[1:-1] if value[:1] == "'" else value


def _headed(text: str) -> Said:
    """A text line: the level among its first words, and what follows it."""
    for pattern, levels in _HEADERS:
        match = pattern.match(text)
        if match:
            return Said(levels.get(match[1], ""), match[2], _time(text))
    when = _time(text) if text[:1].isdigit() or text[:1] == "[" else None
    word = _WORD.search(text[:_HEAD])
    if when is None and word is not None:  # A stamp between a program's name and the level is the line's own as well.
        when = _time(text[: word.start()])
    said = _LEVELS[(word[1] or word[2]).lower()] if word and not text[:1].isspace() else ""
    java = _JAVA.match(text)
    if java:
        return Said(said, java[1], when)
    if when is None and not (word and word.start() < 40):
        return Said(said, text, None)
    if word and said:
        return Said(said, _AFTER.match(text[word.end() :])[1] or text, when)  # type: ignore[index]
    stamp = _WHEN.match(text)
    return Said(said, text[stamp.end() :].lstrip(" ]") if stamp else text, when)
