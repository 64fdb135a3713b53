"""Escaping for the places where hostile text goes: a terminal, Markdown, HTML and XML."""

import html
import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#])")


def terminal(text: str, *, lines: bool = False) -> str:
    """Control bytes and direction marks made visible, as kubectl does (`^[`); new lines too unless `lines`."""
    if not lines:
        text = text.replace("\n", "\\n").replace("\t", " ")
    return _CONTROL.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"^{chr(code + 64)}" if code < 32 else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def page(text: str) -> str:
    """Text for HTML, quotes and control bytes included."""
    return html.escape(_CONTROL.sub(_visible, text), quote=True)


def xml(text: str) -> str:
    """Text for XML 1.0: what it cannot hold is replaced."""
    return html.escape(_XML.sub("\ufffd", text), quote=True)


def markdown(text: str) -> str:
    """Text inside Markdown, on one line."""
    return _MARKDOWN.sub(r"\\\1", terminal(text))
