"""Addresses in the words of a program, and what it says went wrong with them.

Read are the forms that network clients of all common languages use: URLs of any scheme, `host:port`, IPv4 and IPv6
with and without a port, `host` and `port` given apart (`host='db', port=5432`; `connection to server at "db"
(10.0.0.1), port 5432`), and bare names after words such as `lookup`, `getaddrinfo` and `UnknownHostException`.
"""

import ipaddress
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Trouble = Literal[
    "name-unknown", "name-unanswered", "refused", "timeout", "no-route", "reset", "tls", "unavailable", "denied", ""
]

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9_])?)*\.?"
_IP6 = r"[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:%\w+)?"
_HOST = rf"(?:{_NAME}|\[{_IP6}\])"
_PORTS = {
    "http": 80, "ws": 80, "https": 443, "wss": 443, "grpc": 80, "grpcs": 443, "postgres": 5432, "postgresql": 5432,
    "mysql": 3306, "mariadb": 3306, "redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671, "mongodb": 27017,
    "nats": 4222, "kafka": 9092, "ldap": 389, "ldaps": 636, "smtp": 25, "mqtt": 1883, "mqtts": 8883, "tls": 443,
    "sqlserver": 1433, "oracle": 1521, "clickhouse": 9000, "memcached": 11211, "zookeeper": 2181, "elasticsearch": 9200,
}  # fmt: skip

_URL = re.compile(
    rf"\b(?:jdbc:)?([a-z][a-z0-9+.-]{{1,20}}):(?://)/?(?:[^\s/@\"'<>]{{1,128}}@)?({_HOST}(?::\d{{1,5}})?(?:,{_HOST}(?::\d{{1,5}})?)*)",
    re.IGNORECASE,
)
_APART = (
    re.compile(rf"""\bhost(?:name)?\s*[=:]\s*['"]?({_HOST})['"]?\s*[,;]?\s*port\s*[=:]\s*['"]?(\d{{1,5}})"""),
    re.compile(rf"""\bserver at ["'](?P<host>{_HOST}|{_IP6})["'](?: \([^)]*\))?,? port (\d{{1,5}})"""),
    re.compile(
        rf"""\bconnect(?:\(2\))?(?:ion)?(?: to| for) ["']?({_HOST}|{_IP6})["']?,? port:? (\d{{1,5}})""", re.IGNORECASE
    ),
    re.compile(rf"""\bto server ["']({_HOST})["'].{{0,20}}?\bport (\d{{1,5}})"""),
    re.compile(r"""\baddress['"]?\s*[:=]\s*['"]([^'"\s]+)['"],?\s*['"]?port['"]?\s*[:=]\s*['"]?(\d{1,5})"""),
)
_PAIR = re.compile(
    rf"(?<![\w./@:-])({_NAME}/)?(\[{_IP6}\]|(?:\d{{1,3}}\.){{3}}\d{{1,3}}|{_NAME}):(\d{{1,5}})(?![\w:.-]*[\w-]|:\d)"
)
_LONG, _MANY = 2000, 32
_ARROW = re.compile(r"(\S+)->(?=\[?[\w:.]+\]?:\d)|(?<=->)(\S+?:53)\b")
_CALLER = re.compile(
    r"(?i)(?:\bclient|\bfrom|\bpeer|remote_?addr(?:ess)?|\bsource|x-forwarded-for|listen\w*(?: on)?)[\"']?\s*[:=]?\s*[\"']?(?:\w+://)?(\[?[\w:.]+\]?)"
)
_PLAIN4 = re.compile(r"(?<![\w.:/-])((?:\d{1,3}\.){3}\d{1,3})(?![\w:-]|\.\d)")
_PLAIN6 = re.compile(r"(?<![\w.:\[])([0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:.])")
_NAMED = (
    re.compile(rf"\blookup ({_NAME})(?: on (\S+?))?(?=[:,\s]|$)"),
    re.compile(rf"""UnknownHostException:? ["']?({_NAME})(?=[:"'\s,]|$)"""),
    re.compile(rf"getaddrinfo (?:ENOTFOUND|EAI_AGAIN|EAI_NONAME|EAI_NODATA|for) ({_NAME})"),
    re.compile(
        r"""(?i)(?:bad\saddress|could\snot\sresolve(?:\sthe)?\s(?:host(?:name)?|proxy)|couldn't\sresolve\shost(?:\sname)?|
        can(?:no|')t\sresolve(?:\shost(?:name)?)?|unable\sto\sresolve\s(?:host|address|name)(?:name)?|failed\sto\sresolve(?:\shost(?:name)?)?|
        name\sresolution\sfor|unknown(?:\smysql\sserver)?\shost|host\snot\sfound\sin\supstream|cannot\sfind\shost|
        could\snot\stranslate\shost\sname|can't\sfind|failed\sto\slookup|error\sresolving|dns\s(?:resolution|lookup)(?:\sfailed)?\sfor|
        unresolvable\s(?:host|address)|no\ssuch\shost\sis\sknown\.?|no\saddress\sfound\sfor|getaddrinfo\sfailed\sfor)
        \s*[:=]?\s*\(?["'`]?("""
        + _NAME
        + r"""(?::\d{1,5})?)(?=["'`:,;)\s]|$)""",
        re.VERBOSE,
    ),
    re.compile(r"""on ["']((?:[\w-]+\.)*[\w-]+(?::\d{1,5})?)["'] \((?:\d{2,5}|-\d|[A-Z])""" r""""""),
    re.compile(rf"""\bfor host ["']?({_NAME})["']?"""),
    re.compile(rf"""\bCONNECT (?:to )?({_NAME}) failed"""),
)
_HINT = re.compile(
    r"""(?ix)\b(?:wait(?:ing|s)?(?:[ -](?:for|on|until))?|connect(?:ing|ion)?\s+(?:to|with)|reach(?:ing)?
    | contact(?:ing)?|dial(?:ing)?|
    call(?:ing)?\s+to|calling|upstream|dependency|depends\son|backend|server|host|hostname|service|broker|database)\s*[=:]?\s+
    (?:(?:the|service|host|server|database|broker|backend|upstream)\s+)?["'`]?
    ([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*)(?=["'`:,;.)\s]|$)
    | \b([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9-]+)*)\s+(?:is|was)\s+(?:not\s+(?:yet\s+)?(?:available
    | ready|reachable|up|
    responding|answering)|unavailable|unreachable|down)\b"""
)

_TROUBLES: tuple[tuple[Trouble, re.Pattern[str]], ...] = (
    (
        "name-unanswered",
        re.compile(
            r"(?i)temporary failure in name resolution|EAI_AGAIN|server misbehaving|SERVFAIL|"
            r"no servers could be reached|"
            r"lookup \S+(?: on \S+)?: .*(?:i/o timeout|connection refused|no route to host|network is unreachable|"
            r"operation not permitted|context deadline exceeded)|(?:read|write|dial) udp \S*:53\b|"
            r"host not found, try again|"
            r"(?:getaddrinfo|lookup|resol\w+)\b.{0,80}\btry again|dns (?:request|query|server)\S* timed out|"
            r"resolution timed out|timeout while contacting DNS|DnsNameResolverTimeoutException|EAI_FAIL\b"
        ),
    ),
    (
        "name-unknown",
        re.compile(
            r"(?i)no such host|NXDOMAIN|name or service not known|ENOTFOUND|UnknownHostException|nodename nor servname|"
            r"no address associated with (?:host)?name|EAI_NONAME|EAI_NODATA|name does not resolve|"
            r"unknown(?: mysql server)? host|could ?n[o']t resolve host|could not resolve (?:the )?(?:host|proxy|name)|"
            r"host not found|bad address ['\"]?[\w.-]|can(?:no|')t resolve|getaddrinfo failed|no such domain|"
            r"could not translate host name|unable to resolve|failed to resolve|name resolution failed|"
            r"failed to lookup address information|can't find \S+: (?:NXDOMAIN|No answer)|lookup \S+: not found"
        ),
    ),
    (
        "refused",
        re.compile(
            r"(?i)connection refused|ECONNREFUSED|actively refused|refused or lost|os error 111|errno:? ?-?111\b|"
            r"\(111\)|"
            r"connect\(\) failed \(111|couldn't connect to server|could not connect to server"
        ),
    ),
    (
        "no-route",
        re.compile(
            r"(?i)no route to host|EHOSTUNREACH|network is unreachable|ENETUNREACH|host is unreachable|NoRouteToHost"
        ),
    ),
    (
        "tls",
        re.compile(
            r"(?i)\bx509:|certificate (?:has expired|verify failed|is not yet valid|signed by unknown)|"
            r"CERTIFICATE_VERIFY_FAILED|"
            r"CERT_HAS_EXPIRED|tls: |ssl(?:v3)? (?:alert|error|handshake)|SSLHandshakeException|PKIX path|"
            r"self[- ]signed certificate|unable to verify the first certificate|wrong version number"
        ),
    ),
    (
        "denied",
        re.compile(
            r"(?i)password authentication failed|access denied for user|authentication failed|NOAUTH|WRONGPASS|"
            r"invalid (?:username or )?password|login failed|\b401\b.{0,40}unauthorized|\b403\b.{0,40}forbidden|"
            r"is forbidden: User|not authorized|SASL authentication|ACCESS_REFUSED"
        ),
    ),
    (
        "timeout",
        re.compile(
            r"(?i)i/o timeout|timed out|timeout|ETIMEDOUT|deadline exceeded|os error 110|errno:? ?-?110\b|\(110\)|"
            r"connection is dead|no response from|could not be established within"
        ),
    ),
    (
        "reset",
        re.compile(
            r"(?i)connection reset|ECONNRESET|broken pipe|EPIPE|unexpected EOF|\bEOF\b|connection closed|"
            r"server closed the"
        ),
    ),
    (
        "unavailable",
        re.compile(
            r"(?i)\b50[234]\b|service unavailable|bad gateway|gateway time-?out|\bUnavailable\b|no healthy upstream|"
            r"(?:cannot|can't|can not|could not|couldn't|unable to|failed to|failure to) (?:connect|reach|dial|"
            r"contact|establish)|"
            r"is not (?:yet )?(?:available|ready|reachable)|unreachable|waiting for|is unavailable|NoBrokersAvailable|"
            r"no reachable servers|ServerSelectionTimeout|all connection attempts failed|is down\b"
        ),
    ),
)


class Address(NamedTuple):
    """A host as it was written, and a port where one was given (or is implied by the scheme)."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def is_ip(self) -> bool:
        try:
            ipaddress.ip_address(self.host.partition("%")[0])
        except ValueError:
            return False
        return True


def parse(text: str) -> Address | None:
    """One address given alone: `host`, `host:port`, `[v6]:port`, an IP, or a URL; None for anything else."""
    text = text.strip()
    match = _URL.match(text)
    if match:
        return next(_several(match[2], _PORTS.get(match[1].lower().rpartition("+")[0] or match[1].lower())), None)
    try:
        return Address(str(ipaddress.ip_address(text.strip("[]"))))
    except ValueError:
        pass
    match = re.fullmatch(rf"({_HOST})(?::(\d{{1,5}}))?/?", text)
    return _address(match[1], match[2]) if match else None


def _address(host: str, port: str | int | None) -> Address | None:
    host = host.strip("[]").rstrip(".")
    number = int(port) if port else None
    if not host or (number is not None and not 0 < number < 65536):
        return None
    return Address(host, number)


def _several(hosts: str, default: int | None) -> Iterator[Address]:
    for piece in re.finditer(rf"({_HOST})(?::(\d{{1,5}}))?(?:,|$)", hosts):
        found = _address(piece[1], piece[2] or default)
        if found:
            yield found


def _looks_like_host(host: str) -> bool:
    """Whether the left side of `x:123` may be a host: not a file, a word, a clock or a package with a line number."""
    if host.startswith("[") or Address(host).is_ip:
        return True
    bare = host.rstrip(".")
    if bare.isdigit() or "_" in bare.partition(".")[0] or bare != bare.lower():
        return False
    tail = bare.rpartition(".")[2]
    if "." in bare and (tail.isdigit() or tail in _FILES):
        return False
    return bare not in _NOT_HOSTS


_FILES = frozenset(
    [
        "go",
        "py",
        "js",
        "ts",
        "mjs",
        "cjs",
        "java",
        "kt",
        "scala",
        "rb",
        "rs",
        "c",
        "cc",
        "cpp",
        "h",
        "hpp",
        "cs",
        "php",
        "pl",
        "ex",
        "exs",
        "erl",
        "clj",
        "swift",
        "sh",
        "lua",
        "conf",
        "cfg",
        "ini",
        "yaml",
        "yml",
        "json",
        "toml",
        "xml",
        "properties",
        "sql",
        "html",
        "jsx",
        "tsx",
        "vue",
        "zig",
    ]
)
_COMMON = frozenset(
    [
        "a",
        "an",
        "the",
        "to",
        "at",
        "on",
        "in",
        "is",
        "not",
        "no",
        "and",
        "or",
        "for",
        "of",
        "with",
        "name",
        "tcp",
        "udp",
        "http",
        "https",
        "it",
        "this",
        "that",
        "all",
        "any",
        "some",
        "connections",
        "connection",
        "requests",
        "request",
        "events",
        "can",
        "could",
        "not",
    ]
)
_NOT_HOSTS = frozenset(
    [
        "line",
        "column",
        "col",
        "port",
        "pid",
        "code",
        "status",
        "exit",
        "error",
        "err",
        "errno",
        "level",
        "code:",
        "at",
        "in",
        "on",
        "by",
        "sha256",
        "sha1",
        "md5",
        "id",
        "thread",
        "size",
        "count",
        "attempt",
        "retry",
        "time",
        "ms",
        "offset",
        "row",
        "uid",
        "gid",
        "version",
        "step",
        "of",
        "to",
        "and",
        "or",
        "for",
        "from",
    ]
)


def addresses(text: str) -> tuple[Address, ...]:
    """Every address in a message, in the order of the text, nameservers of a lookup left out.

    Of a very long message only the beginning and the end are read, and no more than a few dozen addresses.
    """
    if len(text) > _LONG:
        text = f"{text[: _LONG // 2]} {text[-_LONG // 2 :]}"
    found: list[tuple[int, Address]] = []
    taken: list[tuple[int, int]] = []

    def take(start: int, end: int, address: Address | None) -> None:
        if address is not None and len(found) < _MANY and not any(a < end and start < b for a, b in taken):
            taken.append((start, end))
            found.append((start, address))

    for match in _NAMED[0].finditer(text):
        if match[2]:
            taken.append(match.span(2))
        take(*match.span(1), _address(match[1], None))
    for pattern in (_ARROW, _CALLER):
        taken += [match.span(1) if match[1] else match.span(2) for match in pattern.finditer(text)]
    for match in _URL.finditer(text):
        default = _PORTS.get(match[1].lower())
        for number, address in enumerate(_several(match[2], default)):
            if number:
                found.append((match.start(2), address))
            else:
                take(*match.span(), address)
    for pattern in _APART:
        for match in pattern.finditer(text):
            take(*match.span(), _address(match[1].strip("[]"), match[2]))
    for pattern in _NAMED[1:]:
        for match in pattern.finditer(text):
            host, _, port = match[1].partition(":")
            take(*match.span(1), _address(host, port or None))
    for match in _PAIR.finditer(text):
        if _looks_like_host(match[2]):
            take(*match.span(), _address(match[2], match[3]))
    for pattern in (_PLAIN4, _PLAIN6):
        for match in pattern.finditer(text):
            if Address(match[1]).is_ip:
                take(*match.span(), Address(match[1]))
    return _merged(found)


def _merged(found: list[tuple[int, Address]]) -> tuple[Address, ...]:
    """Once each; a bare host that also stands with a port says nothing new, nor does the address of all."""
    found.sort(key=lambda pair: pair[0])
    listed = list(dict.fromkeys(address for _, address in found if address.host not in ("0.0.0.0", "::")))  # noqa: S104
    ported = {address.host for address in listed if address.port is not None}
    return tuple(a for a in listed if a.port is not None or a.host not in ported)


def hints(text: str) -> tuple[str, ...]:
    """Bare words that may name a host ("waiting for queue"): to be believed only where such a host is known."""
    words = (match[1] or match[2] for match in _HINT.finditer(text[: _LONG // 2]))
    return tuple(dict.fromkeys(word for word in words if word and not word.isdigit() and word.lower() not in _COMMON))


def nameserver(text: str) -> Address | None:
    """The DNS server that a failed lookup asked, where the message names it."""
    match = re.search(r"\blookup \S+ on (\S+?)(?=: )", text) or re.search(r"->(\S+?:53)\b", text)
    return parse(match[1]) if match else None


def trouble(text: str) -> Trouble:
    """What kind of failed call a message speaks of; "" where it speaks of none."""
    return next((name for name, pattern in _TROUBLES if pattern.search(text)), "")
