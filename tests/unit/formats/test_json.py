"""JSON is cut into blocks without a parser; the cuts must never show."""

import io
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.formats import json as jsonformat

MANY = msgspec.json.Decoder(list[dict])


def decode(array: bytes, head: jsonformat.Head) -> tuple[list[dict], int]:
    items = MANY.decode(array)
    return items, len(items)


def read(data: bytes, size: int = 64) -> tuple[list[dict], list[object]]:
    items, other = [], []
    for block in jsonformat.blocks(io.BytesIO(data), decode, size):
        if isinstance(block, jsonformat.Block):
            assert block.first == len(items) or block.shape in ("documents", "list")
            items += block.items
        else:
            other.append(block)
    return items, other


NASTY = [
    {
        "metadata": {"name": f"a{i}", "note": '},{"metadata":{"name":"no"'},
        "list": [{"metadata": {"name": "in"}}, {"metadata": 1}],
    }
    for i in range(40)
]


@pytest.mark.parametrize("indent", [None, 2, 4])
@pytest.mark.parametrize("size", [16, 200, 1 << 20])
def test_list_is_read_whole_however_it_is_cut(indent: int | None, size: int) -> None:
    document = {"kind": "PodList", "apiVersion": "v1", "items": NASTY, "metadata": {"x": [1]}}
    items, other = read(json.dumps(document, indent=indent).encode(), size)
    assert items == NASTY
    assert other == []


def test_bare_array_and_single_object_keep_their_shape() -> None:
    array = list(jsonformat.blocks(io.BytesIO(json.dumps(NASTY).encode()), decode, 100))
    assert {block.shape for block in array} == {"array"}
    (single,) = jsonformat.blocks(io.BytesIO(json.dumps(NASTY[0]).encode()), decode)
    assert single.shape == "object"
    assert single.items == [NASTY[0]]


def test_kind_that_follows_the_items_is_seen() -> None:
    document = b'{"apiVersion":"v1","items":[{"metadata":{}}],"kind":"List"}'
    heads: list[jsonformat.Head] = []

    def remember(array: bytes, head: jsonformat.Head) -> tuple[list[dict], int]:
        heads.append(head)
        return decode(array, head)

    list(jsonformat.blocks(io.BytesIO(document), remember))
    assert heads[-1].kind == "List"


def test_one_broken_item_does_not_lose_the_others() -> None:
    data = (
        b'{"kind":"PodList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b",}},{"metadata":{"name":"c"}}]}'
    )
    items, other = read(data)
    assert [item["metadata"]["name"] for item in items] == ["a", "c"]
    assert len(other) == 1
    assert isinstance(other[0], jsonformat.Broken)


def test_truncated_list_keeps_what_is_whole() -> None:
    data = json.dumps({"kind": "PodList", "items": NASTY}).encode()[:-700]
    items, other = read(data, 256)
    assert 30 < len(items) < 40
    assert items == NASTY[: len(items)]
    assert other


def test_documents_one_after_the_other() -> None:
    lists = [{"kind": "NodeList", "items": NASTY[:2]}, {"kind": "PodList", "items": NASTY[2:5]}]
    data = (
        "\n".join(json.dumps(x, indent=4) for x in lists).encode()
        + b"\n==== START logs for container a of pod b/c ====\n"
    )
    items, other = read(data)
    assert items == NASTY[:5]
    assert [type(o) for o in other] == [jsonformat.Trailing]
    lines = "\n".join(json.dumps(x) for x in NASTY).encode()
    assert read(lines)[0] == NASTY


def test_empty_and_null_lists_are_lists() -> None:
    for text in (b'{"kind":"PodList","items":[]}', b'{"kind":"PodList","items":null}', b'{"kind":"List","items":[ ]}'):
        (block,) = jsonformat.blocks(io.BytesIO(text), decode)
        assert isinstance(block, jsonformat.Block)
        assert (block.shape, block.items) == ("list", [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=6), JSON, max_size=4), max_size=20),
    st.sampled_from([None, 1, 4]),
    st.integers(1, 300),
)
def test_any_list_reads_back(items: list[dict], indent: int | None, size: int) -> None:
    data = json.dumps({"kind": "ThingList", "apiVersion": "v1", "items": items}, indent=indent).encode()
    found, other = read(data, size)
    assert found == items
    assert other == []


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 64))
def test_no_bytes_make_it_fail(data: bytes, size: int) -> None:
    read(data, size)
