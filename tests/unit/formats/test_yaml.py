"""YAML as Kubernetes reads it: documents one by one, what is broken with its line, nothing that can explode."""

import io
import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.formats.yaml import documents
from vigie.model.evidence import Gap


def read(text: str | bytes) -> tuple[dict[int, object], list[Gap]]:
    """The documents by index, and the gaps."""
    data = text.encode() if isinstance(text, str) else text
    found, gaps = {}, []
    for one in documents(data, "f.yaml"):
        if isinstance(one, Gap):
            assert "\n" not in one.what
            gaps.append(one)
        else:
            found[one[0]] = json.loads(one[1])
    assert [x if isinstance(x, Gap) else x[1] for x in documents(io.BytesIO(data), "f.yaml")] == [
        x if isinstance(x, Gap) else x[1] for x in documents(data, "f.yaml")
    ]
    return found, gaps


def value(text: str | bytes) -> object:
    found, gaps = read(text)
    assert not gaps
    assert list(found) == [0]
    return found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-7", -7),
        ("0", 0),
        ("1_000", 1000),
        ("0x1F", 31),
        ("0644", "0644"),
        ("00", "00"),
        ("0o17", "0o17"),
        ("12:30", "12:30"),
        ("1:2:3", "1:2:3"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T14:00:00Z", "2026-01-31T14:00:00Z"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("18446744073709551615", 18446744073709551615),
        ("99999999999999999999", "99999999999999999999"),
        ("1.2.3", "1.2.3"),
        ("100m", "100m"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int '12'", 12),
        ("!custom x", "x"),
        ("!!binary aGVsbG8=", "hello"),
        ("!!binary /w==", "/w=="),
        ("=", "="),
    ],
)
def test_scalars(text, expected):
    assert value(f"a: {text}\n") == {"a": expected}
    assert value(f"- {text}\n") == [expected]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("yes", "yes"), ("on", "on"), ("1", "1"), ("true", "true"), ("0644", "0644"), ("~", "~"), ("'a'", "a")],
)
def test_keys_are_text_as_written(key, expected):
    assert value(f"{key}: x\n") == {expected: "x"}


def test_anchors_aliases_and_merges():
    text = "base: &b {x: 1, y: 2}\nc:\n  <<: *b\n  y: 3\nd: *b\ne:\n  <<: [{x: 5}, *b]\n"
    assert value(text) == {
        "base": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
        "d": {"x": 1, "y": 2},
        "e": {"x": 5, "y": 2},
    }


def test_documents_are_counted_and_empty_ones_skipped():
    found, gaps = read("# only a comment\n\n---\n---\na: 1\n---\n# nothing\n---\nb: 2\n...\nc: 3\n")
    assert found == {1: {"a": 1}, 3: {"b": 2}, 4: {"c": 3}}
    assert not gaps


def test_directives_and_byte_order_marks():
    assert value(b"\xef\xbb\xbf%YAML 1.1\n---\na: 1\n") == {"a": 1}


def test_a_mark_inside_a_text_does_not_split():
    assert value("a: |\n  one\n  --- \n  two\nb: '---'\n") == {"a": "one\n--- \ntwo\n", "b": "---"}


def test_one_broken_document_costs_only_itself():
    found, gaps = read("a: 1\n---\nb: [\n---\nc: 3\n---\nd: 'x\n---\ne: 5\n")
    assert found == {0: {"a": 1}, 2: {"c": 3}, 4: {"e": 5}}
    assert [gap.origin for gap in gaps] == ["f.yaml:3", "f.yaml:7"]
    assert all("not valid YAML" in gap.what for gap in gaps)


def test_one_broken_item_costs_only_itself_and_keeps_the_others_places():
    found, gaps = read("apiVersion: v1\nitems:\n- a: 1\n- b: [\n- c: 3\n  d:\n  - e\nkind: List\n")
    assert found == {0: {"apiVersion": "v1", "kind": "List", "items": [{"a": 1}, None, {"c": 3, "d": ["e"]}]}}
    (gap,) = gaps
    assert gap.origin == "f.yaml:4"


@pytest.mark.parametrize(
    "text",
    [
        "items:\n- a: 1\n- a: 2\nkind: List\n",
        "kind: List\nitems:\n  - a: |\n      - not an item\n      x\n  # comment\n\n  - b: 2\n",
        'items:\n- a: "x\n\n  - y"\n- b: 2\n',
        'items:\n- a: "x\n- y"\n',
        "items:\n- &x {a: 1}\n- *x\nkind: List\n",
        "items:\n-\n  a: 1\n-\n  b: 2\n",
        "items: []\n",
        "items:\n- a\n- - b\n",
        "items:\n- a: |\n    text\n  b: >-\n    folded\n    more\nmetadata:\n  resourceVersion: ''\n",
        "spec:\n  items:\n  - a\nitems:\n- b\n",
        "items:\r\n- a: 1\r\n- a: 2\r\nkind: List\r\n",
        "items:\n- a: 1\r- b: 2\nkind: List\n",
    ],
)
def test_a_list_read_in_pieces_equals_the_list_read_whole(text):
    assert value(text) == yaml.safe_load(text)


def test_duplicate_keys_are_named_and_the_last_wins():
    found, gaps = read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 4\n")
    assert found == {0: {"a": 4, "b": {"c": 3, "d": 2}}}
    assert [(gap.origin, gap.what) for gap in gaps] == [
        ("f.yaml:5", "the key 'c' is there twice; the last one is used"),
        ("f.yaml:6", "the key 'a' is there twice; the last one is used"),
    ]
    found, gaps = read("kind: List\nitems:\n- a: 1\n- b: 1\n  b: 2\n")
    assert found[0]["items"][1] == {"b": 2}
    assert gaps[0].origin == "f.yaml:5"


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    for n in range(1, levels):
        lines.append(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]")
    return "\n".join(lines) + "\n"


def test_exploding_aliases_are_refused():
    assert read(laughs(3))[0], "a few aliases are fine"
    found, gaps = read(laughs(12))
    assert not found
    assert "aliases expand to more than" in gaps[0].what


def test_aliases_cannot_explode_across_the_items_of_a_list():
    bomb = "\n  ".join(laughs(6).splitlines())
    found, gaps = read("items:\n" + "".join(f"- x{n}: 1\n  {bomb}\n" for n in range(40)))
    assert "aliases expand" in gaps[-1].what
    assert len(json.dumps(found)) < 20 << 20


def test_an_alias_to_itself_is_refused():
    for text in ("a: &x\n  b: *x\n", "&x [*x]\n", "a: &x [1, {b: *x}]\n"):
        found, gaps = read(text)
        assert not found
        assert "refers to itself" in gaps[0].what
    assert "refers to nothing" in read("a: *missing\n")[1][0].what


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 100_000, "- " * 5_000 + "x"])
def test_deep_nesting_is_refused(text):
    found, gaps = read(text)
    assert not found
    assert len(gaps) == 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a:\n\tb: 1\n", 2, "a tab is used for indentation"),
        ("a: 1\nb: x\x07y\n", 2, "control characters"),
        (b"a: 1\nb: \xff\n", 2, "not YAML text"),
        ("a: 1\n b: 2\n", 2, "not valid YAML"),
        ("x: y: z\n", 1, "not valid YAML"),
    ],
)
def test_broken_text_names_its_line(text, line, words):
    found, gaps = read(text)
    assert not found
    (gap,) = gaps
    assert gap.origin == f"f.yaml:{line}"
    assert words in gap.what


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n",
        "{{- if .Values.enabled }}\nkind: Pod\n{{- end }}\n",
        "kind: Pod\nmetadata:\n  labels:\n    {{- include \"x\" . | nindent 4 }}\n",
        "kind: Pod\nspec: {{ toYaml .Values.x }}\n",
    ],
)
def test_helm_templates_are_told(text):
    found, gaps = read(text)
    assert not found
    (gap,) = gaps
    assert "Helm template" in gap.what
    assert "helm template" in gap.how


def test_braces_in_quotes_are_no_template():
    assert value("a: '{{inputs.parameters.x}}'\n") == {"a": "{{inputs.parameters.x}}"}


def test_json_is_yaml():
    assert value('{"a": [1, "x"], "b": null}') == {"a": [1, "x"], "b": None}
    assert value("{a: [1, x]}") == {"a": [1, "x"]}
    assert value("---\n" + '{"a":1}') == {"a": 1}


def test_a_collection_as_key_becomes_text():
    found, gaps = read("? [a, b]\n: 1\n")
    assert found == {0: {'["a","b"]': 1}}
    assert "collection" in gaps[0].what


# The line breaks of YAML 1.1 besides LF are folded to a blank by every reader of it; and PyYAML leaves 0E0 bare,
# which Go reads as a number, hence the letter before each text.
CHARACTERS = st.characters(exclude_characters="\x85\u2028\u2029", exclude_categories=["Cs"])
WORDS = st.text(CHARACTERS, max_size=12).map("t{}".format)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 62), 1 << 62) | WORDS | st.floats(-1e6, 1e6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "kind"]), JSON, min_size=1), min_size=1, max_size=4))
def test_what_is_dumped_is_read_back(objects):
    text = yaml.safe_dump({"kind": "List", "items": objects}, allow_unicode=True)
    again = value(text)
    assert again == {"kind": "List", "items": [_as_read(one) for one in objects]}


def _as_read(one):
    """PyYAML writes 1e-07 as such a float, which Go's rule reads too; keys and texts come back as they are."""
    return json.loads(json.dumps(one))


PIECES = [
    *("a: ", "- ", "\n", "  ", "[", "]", "{", "}", "&x ", "*x", "|\n", ">", "'", '"', "---\n", "...\n", "items:\n"),
    *("? ", "!!binary ", "!x ", "<<: ", "{{", "}}", "#", "%", "\t", "\x00", "\x85", "é", "1e5", "0x", ":", ","),
]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda pieces: "".join(pieces).encode())


@settings(deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=200), TEXT))
def test_any_bytes_give_documents_or_gaps(data):
    for one in documents(data, "f.yaml"):
        if not isinstance(one, Gap):
            json.loads(one[1])
