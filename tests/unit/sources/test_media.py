"""Telling a document's syntax from its name and first bytes."""

import pytest

from vigie.sources.media import is_binary, media, printable


@pytest.mark.parametrize(
    ("name", "head", "expected"),
    [
        ("pods.json", b'{"kind"', "json"),
        ("pods.json", b"apiVersion: v1\nkind: List\n", "yaml"),
        ("pods.json", b"error: no connection\n", "yaml"),
        ("pods.json", b"", "json"),
        ("pods.json.gz", b"[", "json"),
        ("a.yaml", b"{", "yaml"),
        ("a.yml", b"", "yaml"),
        ("A.YAML", b"", "yaml"),
        ("noname", b"  \n{", "json"),
        ("noname", b"# comment\n\nkind: Pod\n", "yaml"),
        ("noname", b"---\nkind: Pod\n", "yaml"),
        ("noname", b"- kind: Pod\n", "yaml"),
        ("noname", b"2026-01-01T00:00:00Z started\n", ""),
        ("noname", b"Name:         cart\n", "yaml"),
        ("c.log", b'{"level":"info"}', "log"),
        ("c.log.1", b"x", "log"),
        ("c.log.20260101-000000.gz", b"x", "log"),
        ("shop/cart-1/logs.txt", b'{"level":"info"}', "log"),
        ("logs.txt", b"x", "log"),
        ("README", b"vigie reads evidence\n", ""),
    ],
)
def test_media(name, head, expected):
    assert media(name, head) == expected


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"", False),
        (b"text\twith\r\nlines\x1b[31mred\x1b[0m", False),
        ("žluť".encode(), False),
        (b"zero\0", True),
        (b"\x01\x02\x03 mostly control", True),
    ],
)
def test_binary(head, expected):
    assert is_binary(head) is expected


def test_printable_escapes_what_moves_a_cursor():
    assert printable("plain é") == "plain é"
    assert printable("a\x1b[2J\n\u202eb\udcff") == "a\\x1b[2J\\n\\u202eb\\udcff"
