"""Masking of what is assigned to a name that says "secret": environment, JSON, YAML, flags, connection strings.

The hard part is what must stay: Kubernetes speaks of Secrets, tokens and keys all the time without giving them away
(`secretName: tls`, `token: open /var/run/...: no such file`, `DB_PASSWORD: unbound variable`).
"""

import base64
import re
from collections.abc import Callable

MASK = "***HIDDEN***"
_Span = tuple[int, int]
_ValueOf = Callable[[str, re.Match[str]], _Span | None]

_WORDS = (
    r"pass(?:word|wd|phrase|code)|secret|token|credentials?|"
    r"(?:api|access|private|secret|signing|encryption|account|auth|master|shared|client|service|license|"
    r"application|app|admin|storage|subscription|webhook|session|jwt|ssh|hmac|deploy|publishable)[_.-]?key(?:[_.-]?data)?|"
    r"sharedaccess(?:key|signature)|connection[_.-]?string|conn[_.-]?str|dockerconfigjson|dockercfg|"
    r"client[_-]key[_-]data|client[_-]certificate[_-]data|mnemonic|sessionid|session[_-]id|"
    r"x-amz-(?:signature|credential|security-token)"
)
# A name ends with such a word, or with a word that says how it is written down (password_b64, SecretValue).
_ASSIGNED = re.compile(
    rf"(?i)(?P<word>{_WORDS}|(?<![A-Za-z])(?:sig|auth|pass|dsn|pwd|otp))"
    r"(?:[_-]?(?:value|b64|base64|hash|text|plain|string|raw|encoded|old|new|current|previous|[0-9]{1,3}))?"
    r"(?![A-Za-z0-9_.-])(?P<after>\\*[\"']?)[ \t]{0,40}(?P<separator>:=|=>|==|[:=])"
)
_FLAG = re.compile(
    rf"(?i)(?<![A-Za-z0-9_.-])--?(?:[A-Za-z0-9]{{1,30}}-){{0,5}}(?P<word>{_WORDS}|pass|pwd)"
    r"(?:[ \t]{1,8}|[\"'],?[ \t\r\n]{0,40})(?=[^-\s=])"
)
_STATEMENT = re.compile(
    r"(?i)\b(?:(?P<word>identified\s{1,4}by|password)\s{1,4}(?=')|(?:requirepass|masterauth)[ \t]{1,8}(?=\S))"
)
_NO_IDENTIFIER = re.compile(r"[^A-Za-z0-9_./-]")
_PAIR = re.compile(
    r"(?i)\bname\\*[\"']?\s{0,8}[:=]\s{0,8}\\*[\"']?(?P<name>[A-Za-z0-9_.-]{1,120})\\*[\"']?"
    r"[\s,;]{1,200}\\*[\"']?value\\*[\"']?\s{0,8}[:=][ \t]{0,8}"
)
_SECRET_NAME = re.compile(
    rf"(?i)(?:{_WORDS}|(?<![A-Za-z])(?:pass|pwd|dsn|otp))(?:[_-]?(?:value|b64|base64|hash|[0-9]{{1,3}}))?\Z"
)
_DIGIT, _LETTER = re.compile(r"\d"), re.compile(r"[A-Za-z]")
_DECIDED = 256
_SPEAKS_OF_OBJECTS = frozenset({"secret", "token", "credential", "credentials"})
_STRONG = re.compile(r"(?i)(?:pass|pwd|key|client.?secret)")
_QUOTE = re.compile(r"\\*[\"']")
# Runs between commas: a possessive group would be shorter, and is wrong before Python 3.11.5.
_BARE = re.compile(r"(?=[^\s;&\"'\\])[^\s;&\"'\\,]*+(?:,(?!\s?[\w.-]{1,80}[=:])[^\s;&\"'\\,]*+)*")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_REFERENCE = re.compile(r"\$\(|\$\{|\$[A-Za-z_]|\{\{|<|\*{3}|\[|\{|&|%[svqdw+#]|\|[-+]?\s*$|>[-+]?\s*$|!!")
_NOTHING = frozenset(
    {"", "null", "nil", "none", "true", "false", "(none)", "~", "undefined", "yes", "no", "-", "{}", "[]"}
)
_PATH = re.compile(
    r"/(?:etc|var|run|tmp|opt|home|mnt|data|secrets?|root|usr|vault|app|srv|proc|dev|config|certs?)(?:/|\b)"
)
_OBJECT = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?")
_PROSE = re.compile(
    r"(?i)(?:a|an|the|is|was|are|were|has|have|had|does|did|do|must|may|can|cannot|can't|could|couldn't|should|will|not|no|"
    r"unbound|unset|undefined|parameter|invalid|missing|required|expired|expires|expiring|fail(?:ed|ure|s)?|error|empty|"
    r"unexpected|mismatch(?:ed)?|denied|unauthorized|unauthenticated|rejected|incorrect|wrong|too|auth(?:entication|orization)?|"
    r"unable|unknown|forbidden|permission|lookup|open|read|stat|get|got|fetch|load|decode|parse|parsing|illegal|malformed|"
    r"secrets?|tokens?|keys?|passwords?|rpc|http|https|context|connection|dial|x509|tls|timeout|timed|signature|found|"
    r"revoked|refused|bad|please|for|from|in|of|to|with|key|configmaps?|object|references?|already|never|only|none|"
    r"Get|Post|Put|server|user|role|account|namespace|crypto|illegal|asn1|oidc|jwt|verification|validation|could|neither)"
    r"[\s:,.;!'\"]"
)


def mask_assignments(text: str) -> str:
    """`text` with the values masked that are assigned to secret names."""
    text = _mask(text, _PAIR, _pair_value)
    text = _mask(text, _ASSIGNED, _assigned_value)
    text = _mask(text, _FLAG, _flag_value)
    return _mask(text, _STATEMENT, _flag_value)


def _mask(text: str, names: re.Pattern[str], value_of: _ValueOf) -> str:
    out: list[str] = []
    done = at = 0
    while (found := names.search(text, at)) is not None:
        span = value_of(text, found)
        at = found.end()
        if span is not None and span[0] < span[1]:
            out.append(text[done : span[0]] + MASK)
            done = at = span[1]
    return "".join(out) + text[done:] if done else text


def _pair_value(text: str, found: re.Match[str]) -> _Span | None:
    """The value of a container's `- name: X` / `value: Y` in YAML, JSON or a Go struct's print."""
    if not _SECRET_NAME.search(found["name"]):
        return None
    return _value(text, found.end(), found["name"], prose=False)


def _assigned_value(text: str, found: re.Match[str]) -> _Span | None:
    """The value of `NAME=...`, `name: ...`, `"name": ...`."""
    before = text[max(0, found.start() - 80) : found.start()]
    name = _NO_IDENTIFIER.split(before)[-1] + text[found.start() : found.start("after")]
    if name.lower().startswith("checksum/") or name in ("PWD", "OLDPWD"):
        return None
    start = _skip_blank(text, found.end())
    if found["word"].lower() == "auth":
        span = _value(text, start, "auth", prose=True)
        # Docker's `"auth": "dXNlcjpwYXNz"`: only base64 of user:password counts.
        return span if span and is_basic(text[span[0] : span[1]]) else None
    return _value(text, start, name, prose=found["separator"] == ":" and not found["after"])


def _flag_value(text: str, found: re.Match[str]) -> _Span | None:
    """The value of `--password value`, ["--password", "value"], SQL's PASSWORD 'value', Redis' requirepass value."""
    return _value(text, found.end(), found["word"] or "password", prose=True)


def is_basic(value: str) -> bool:
    """Whether `value` is base64 of printable `user:password`."""
    if len(value) % 4:
        return False
    try:
        plain = base64.b64decode(value, validate=True).decode("utf-8")
    except ValueError:
        return False
    return ":" in plain and plain.isprintable()


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _value(text: str, at: int, name: str, *, prose: bool) -> _Span | None:
    """Where the value that starts at `at` begins and ends, or None if it is no secret.

    `prose`: the separator was a colon or a blank, which people also write before an explanation.
    """
    # Decided on a bounded start of the value, so that hostile text costs linear time; the span is extended after.
    quote = _QUOTE.match(text, at, at + _DECIDED)
    if quote:
        start = quote.end()
        value = text[start : _closing(text, quote, start + _DECIDED)]
        if value.lower() in _NOTHING or _REFERENCE.match(value) or (_names_object(name, value) and "/" in value):
            return None
        explained = prose and " " in value and _PROSE.match(value + " ")
        return None if explained else (start, _closing(text, quote, len(text)))
    bare = _BARE.match(text, at, at + _DECIDED)
    if bare is None or _REFERENCE.match(bare[0]):
        return None
    value = bare[0].rstrip(")]},.:")
    if value.lower() in _NOTHING or _is_reference(name, value):
        return None
    if prose:
        return _after_colon(text, name, value, at)
    return at, _end_of(_BARE, text, at)


def _after_colon(text: str, name: str, value: str, at: int) -> _Span | None:
    """The span of an unquoted value behind a colon or blank, where people also write explanations."""
    line = text[at : at + _DECIDED].partition("\n")[0].rstrip("\r")
    random = _looks_random(value)
    if _PROSE.match(line + " "):
        return None
    if name.lower() in _SPEAKS_OF_OBJECTS and _OBJECT.fullmatch(value) and not _looks_like_token(value):
        return None
    if " " in line.strip() and not _STRONG.search(name) and not random:
        return None
    whole_line = not random and _starts_line(text, at) and not re.search(r"[:=,]", line)
    return at, _end_of(_REST_OF_LINE if whole_line else _BARE, text, at)


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _is_reference(name: str, value: str) -> bool:
    return bool(_PATH.match(value)) or (_names_object(name, value) and "/" in value)


def _names_object(name: str, value: str) -> bool:
    """`secret="shop/db"` in a component's log names the object and not its content."""
    return name.lower() in _SPEAKS_OF_OBJECTS and _OBJECT.fullmatch(value) is not None


def _looks_random(value: str) -> bool:
    return len(value) >= 8 and _DIGIT.search(value) is not None and _LETTER.search(value) is not None


def _looks_like_token(value: str) -> bool:
    """A bootstrap token, a long hexadecimal or base36 run: no name that a person or a controller gives."""
    return bool(re.fullmatch(r"[a-z0-9]{6}\.[a-z0-9]{16}|[a-f0-9]{24,}|[a-z0-9]{28,}", value)) and _looks_random(value)


def _starts_line(text: str, at: int) -> bool:
    """Whether only an indented `name: ` stands before `at` on its line."""
    start = text.rfind("\n", max(0, at - 160), at) + 1
    return re.fullmatch(r"[ \t-]*[\w.-]+[ \t]*:[ \t]*", text[start:at]) is not None


def _closing(text: str, quote: re.Match[str], most: int) -> int:
    """The end, at most `most`, of a quoted value: the next quote of the same level, for it may be JSON in JSON.

    A value without its closing quote, as an excerpt may cut it, ends with its line.
    """
    line = text.find("\n", quote.end(), most)
    most = min(most, len(text)) if line < 0 else line
    mark, level = quote[0][-1], len(quote[0]) - 1
    at = quote.end()
    while (end := text.find(mark, at, most)) >= 0:
        run = 0
        while end - run > quote.end() and text[end - run - 1] == "\\":
            run += 1
        if run >= level and (run - level) % (2 * (level + 1)) == 0:
            return end - level
        at = end + 1
    return most

