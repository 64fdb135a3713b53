"""The packed levels: small, exact to their grid, and safe against what claims too much."""

import contextlib
import gzip
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drawing.samples import HOSTILE, grid, small
from vigie.drawing.binary import GRID, MAGIC, pack_levels, unpack_levels
from vigie.drawing.scene import Curves, Map
from vigie.model.errors import VigieError


def test_levels_come_back_within_a_step() -> None:
    scene = small()
    (again,) = unpack_levels(pack_levels([scene]))
    assert list(again.labels) == list(scene.labels)
    assert again.notes == scene.notes
    assert again.type_names == scene.type_names
    for name in ("parent", "severity", "source", "target", "type", "directed", "members", "kind"):
        assert np.array_equal(getattr(again, name), getattr(scene, name)), name
    assert again.box is not None
    assert scene.box is not None
    assert np.allclose(again.box, scene.box, atol=1e-3)
    assert again.curves is not None
    assert scene.curves is not None
    assert np.array_equal(np.diff(again.curves.offset), np.diff(scene.curves.offset))
    assert np.abs(again.curves.points - scene.curves.points).max() <= 113 / GRID


def test_curves_are_thinned_to_what_is_seen() -> None:
    scene = grid(8)
    straight = scene.straight().reshape(-1, 2, 2)
    share = np.linspace(0, 1, 34)[None, :, None]
    dense = straight[:, :1] + (straight[:, 1:] - straight[:, :1]) * share
    (again,) = unpack_levels(pack_levels([scene.with_(curves=Curves.of_array(dense, scene.drawable(), scene.edges))]))
    assert again.curves is not None
    assert len(again.curves.points) == 2 * scene.edges


def test_a_bundled_edge_takes_few_bytes() -> None:
    rng = np.random.default_rng(0)
    count = 3000
    ends = rng.random((count, 2, 2)) * (300, 600) + [[[0, 0], [700, 0]]]
    share = np.linspace(0, 1, 34)[None, :, None]
    curves = (
        ends[:, :1] * (1 - share) ** 2 + np.array([500.0, 300.0]) * 2 * share * (1 - share) + ends[:, 1:] * share**2
    )
    scene = Map(
        labels=[""] * (2 * count),
        ids=[str(v) for v in range(2 * count)],
        source=np.arange(count),
        target=np.arange(count) + count,
        position=np.vstack((ends[:, 0], ends[:, 1])),
        curves=Curves.of_array(curves),
    )
    assert len(pack_levels([scene])) / count < 100


def forged(**changes: object) -> bytes:
    level = {
        "vertices": 0,
        "edges": 0,
        "points": 0,
        "boxed": False,
        "labels": [],
        "kinds": [""],
        "types": [""],
        "notes": {},
    }
    level |= {"chains": [], "title": ""} | changes
    head = json.dumps({"origin": [0, 0], "unit": 1, "levels": [level]}).encode()
    return gzip.compress(MAGIC + struct.pack("<I", len(head)) + head, mtime=0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not gzip",
        gzip.compress(b"something else", mtime=0),
        gzip.compress(MAGIC + struct.pack("<I", 2**32 - 1), mtime=0),
        gzip.compress(MAGIC + struct.pack("<I", 4) + b"[]{}", mtime=0),
        pack_levels([grid()])[:-30],
        forged(vertices=1_000_000_000),
        forged(points=-1),
        forged(edges="many"),
        forged(labels=None),
    ],
)
def test_damaged_levels_are_refused(data: bytes) -> None:
    with pytest.raises(VigieError):
        unpack_levels(data)


def test_a_small_file_cannot_fill_the_memory() -> None:
    with pytest.raises(VigieError, match="unpack to more than 1,000,000 bytes"):
        unpack_levels(gzip.compress(bytes(50_000_000)), most=1_000_000)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_flipped_bytes_never_crash(data: st.DataObject) -> None:
    body = bytearray(gzip.decompress(pack_levels([small()])))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(VigieError):
        unpack_levels(gzip.compress(bytes(body)))


def test_hostile_text_is_kept_as_text() -> None:
    (again,) = unpack_levels(pack_levels([small()]))
    assert again.labels[3] == HOSTILE
