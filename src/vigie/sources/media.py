"""What the first bytes and the name of a document say about its syntax. What it *means* is the systems' to say."""

import re

HEAD = 4096
_TEXT_CONTROL = frozenset(b"\t\n\v\f\r\b\x1b")
_LOG = re.compile(r"(?:\.log(?:\.[0-9A-Za-z-]+)?|(?:^|/)logs\.txt)$")
_YAML_START = re.compile(
    rb"(?:\s*#[^\n]*\n|\s*\n)*(?:%YAML|---|-[ \n]|[\"']?[A-Za-z_][\w./-]*[\"']?:(?:[ \t\r\n]|$))", re.ASCII
)
UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def media(name: str, head: bytes) -> str:
    """The format's name ("json", "yaml", "log"), or "" where neither the name nor the first bytes tell.

    `name` is the path inside the source, `head` the first HEAD bytes without a byte order mark.
    """
    name = name.lower()
    if name.endswith((".gz", ".bz2", ".xz")):
        name = name.rpartition(".")[0]
    if _LOG.search(name):
        return "log"
    start = head.lstrip()[:1]
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    if name.endswith((".json", ".jsonl", ".ndjson")):
        # `kubectl get -o yaml > pods.json` happens; what is inside decides.
        return "yaml" if start not in (b"{", b"[", b"") and _YAML_START.match(head) else "json"
    if start in (b"{", b"["):
        return "json"
    return "yaml" if _YAML_START.match(head) else ""


def is_binary(head: bytes) -> bool:
    """Whether the first bytes are not text: a zero byte, or more than one control byte in twenty."""
    if b"\0" in head:
        return True
    control = sum(1 for byte in head if byte < 0x20 and byte not in _TEXT_CONTROL)
    return control * 20 > len(head)


def utf16(head: bytes) -> str | None:
    """The codec of a document that starts with a UTF-16 byte order mark (a PowerShell redirection writes such)."""
    return _UTF16_MARKS.get(head[:2])


def printable(text: str) -> str:
    """`text` with control bytes and undecodable bytes written as escapes, so that a hostile name stays one line."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
