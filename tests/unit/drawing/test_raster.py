"""PNG pictures: the bytes, the density, the light, the typeface, and that nothing overlaps."""

import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.drawing.samples import HOSTILE, grid, small
from vigie.drawing.canvas import Canvas, box_cover, encode_png
from vigie.drawing.density import Density, equalise, intensities, rasterise
from vigie.drawing.glyphs import shorten, text_width
from vigie.drawing.labels import Ground, Label, around
from vigie.drawing.palette import THEMES, flow_ramp, intensity_ramp, mark_shape, rgb
from vigie.drawing.picture import RENDERERS, Style, compose
from vigie.drawing.raster import png
from vigie.drawing.scene import Bytes, Curves, Floats, Map
from vigie.drawing.treemap import treemap
from vigie.model.errors import UsageError, VigieError


def decode(data: bytes) -> tuple[Bytes, dict[str, str]]:
    """The pixels and notes of a PNG as `encode_png` writes it, with every checksum verified."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body, notes, size = 8, b"", {}, (0, 0)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name, chunk = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(name + chunk)
        if name == b"IHDR":
            width, height, depth, colours = struct.unpack_from(">IIBB", chunk)
            size = (height, width)
            assert (depth, colours) == (8, 2)
        elif name == b"IDAT":
            body += chunk
        elif name == b"iTXt":
            keyword, _, text = chunk.partition(b"\0\0\0\0\0")
            notes[keyword.decode()] = text.decode()
        at += 12 + length
    rows = np.frombuffer(zlib.decompress(body), dtype=np.uint8).reshape(size[0], -1)
    assert (rows[:, 0] == 2).all()
    return np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8).reshape(*size, 3), notes


def test_png_holds_the_pixels_it_was_given() -> None:
    data = np.random.default_rng(0).integers(0, 256, (7, 5, 3)).astype(np.uint8)
    pixels, notes = decode(encode_png(data, [("Title", "caf\u00e9")]))
    assert np.array_equal(pixels, data)
    assert notes == {"Title": "caf\u00e9"}


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_renderer_draws_on_every_ground(renderer: str, theme: str) -> None:
    style = Style(width=480, height=320, renderer=renderer, theme=theme)
    figures = {"edges": 36, "distortion": {"mean": 1.0, "p95": 1.0, "max": 1.0}, "solver": "stable"}
    pixels, notes = decode(png(grid(), style, figures))
    ground = np.round(rgb(THEMES[theme].ground) * 255)
    assert pixels.shape == (320, 480, 3)
    assert 0.02 < (np.abs(pixels - ground).max(axis=2) > 30).mean() < 0.9
    assert json.loads(notes["Description"]) == figures


def test_the_same_map_gives_the_same_bytes() -> None:
    style = Style(width=400, height=300)
    assert png(grid(chain=True), style) == png(grid(chain=True), style)


def test_hostile_names_and_unplaced_vertices_are_drawn() -> None:
    pixels, notes = decode(png(small(), Style(width=480, height=320)))
    assert pixels.std() > 1
    assert notes["Title"] == HOSTILE.strip()


def test_an_answer_dims_the_map_and_stands_out() -> None:
    plain, _ = decode(png(grid(), Style(width=640, height=420)))
    answered, _ = decode(png(grid(chain=True), Style(width=640, height=420)))
    answer = np.round(rgb(THEMES["dark"].answer) * 255)
    assert (np.abs(answered - answer).max(axis=2) < 12).sum() > 150
    assert (np.abs(plain - answer).max(axis=2) < 12).sum() < 20


def test_findings_down_to_a_pixel_are_seen() -> None:
    severity = np.where(np.arange(1600) == 777, 4, 0)
    scene = treemap(Map(labels=[f"pod-{v:04d}" for v in range(1600)], severity=severity))
    pixels, _ = decode(png(scene, Style(width=320, height=240, legend=False, names=False)))
    mark = np.round(rgb(THEMES["dark"].severities[4]) * 255)
    assert (np.abs(pixels - mark).max(axis=2) < 20).any()


def line(*points: tuple[float, float]) -> Curves:
    return Curves.of_list([list(points)])


def cast(curves: Curves, *, weight: Floats | None = None, thickness: float = 1.0) -> Density:
    values = curves.segments()[2][:, None]
    return rasterise(curves, values, width=100, height=80, weight=weight, thickness=thickness)


@pytest.mark.parametrize("turn", [0.0, 0.3, np.pi / 4, 1.2, np.pi / 2])
def test_a_line_is_as_bright_aslant_as_upright(turn: float) -> None:
    way = np.array([np.cos(turn), np.sin(turn)]) * 25
    density = cast(line(tuple(np.array([50, 40]) - way), tuple(np.array([50, 40]) + way)))
    assert density.cover.sum() == pytest.approx(50, rel=0.01)


def test_weights_add_to_the_flow_and_not_to_the_cover() -> None:
    density = cast(line((10, 10), (60, 10)), weight=np.array([7.0]))
    assert density.cover.sum() == pytest.approx(50, rel=0.01)
    assert density.flow.sum() == pytest.approx(350, rel=0.01)


def test_tone_runs_from_source_to_target() -> None:
    points = [(float(x), 40.0) for x in range(10, 91, 4)]
    tone = cast(line(*points)).tone[:, :, 0]
    assert tone[40, 12] < 0.1
    assert tone[40, 50] == pytest.approx(0.5, abs=0.06)
    assert tone[40, 88] > 0.9


def test_lines_out_of_view_are_cut_and_thick_ones_are_thick() -> None:
    density = cast(line((-1000, 40), (1000, 40)))
    assert density.cover.sum() == pytest.approx(100, rel=0.03)
    thick = cast(line((10, 40), (90, 40)), thickness=5.0).cover
    assert thick[:, 50].sum() == pytest.approx(5, rel=0.04)
    assert 4 <= (thick[:, 50] > 0.4).sum() <= 6
    assert cast(line((5000, 5000), (6000, 6000))).cover.sum() == 0


def test_equalised_light_grows_with_density() -> None:
    flow = np.zeros((50, 50))
    flow[10, :] = 1
    flow[20, :] = 10
    flow[30, :] = 10_000
    tone = equalise(Density(np.minimum(flow, 1), flow, np.zeros((50, 50, 1))))
    light = tone.of(np.array([1.0, 10.0, 10_000.0]))
    assert light[0] >= 0
    assert (np.diff(light) > 0.1).all()
    assert light[1] - light[0] > 0.9 * (np.log(10) / np.log(10_000)) * 0.5
    ticks = tone.ticks()
    assert [value for value, _ in ticks] == sorted(value for value, _ in ticks)
    assert ticks[0][0] == 1
    assert ticks[-1][0] == 10_000


def test_intensity_is_that_of_the_edge_or_of_the_density_beneath() -> None:
    curves = Curves.of_list([[[0, 0], [5, 0], [9, 0]], [[0, 5], [9, 5]]])
    flow = np.zeros((10, 10))
    flow[0, 9] = 8
    assert intensities(curves, flow, None, relative=False).tolist() == [0, 1, 0]
    assert intensities(curves, flow, np.array([1.0, 4.0]), relative=False).tolist() == [0.25, 0.25, 1]
    assert intensities(curves, flow, np.array([1.0, 4.0]), relative=True).tolist() == [0, 0, 1]


@given(st.lists(st.tuples(st.floats(-5, 25), st.floats(-5, 25), st.floats(0, 12), st.floats(0, 12)), max_size=6))
@settings(max_examples=50, deadline=None)
def test_boxes_cover_exactly_their_area(boxes: list[tuple[float, float, float, float]]) -> None:
    cover = box_cover(np.array(boxes).reshape(-1, 4), 20, 20)
    wide = [max(0, min(x + w, 20) - max(x, 0)) * max(0, min(y + h, 20) - max(y, 0)) for x, y, w, h in boxes]
    assert cover.sum() == pytest.approx(sum(wide), abs=1e-6)
    assert cover.min() > -1e-9


def test_shapes_at_the_rim_are_cut() -> None:
    canvas = Canvas(40, 30, "#000000")
    canvas.text(-20, 3, "cut here and there, far beyond the rim", 14, "#ffffff", halo="#112233")
    canvas.text(35, 29, "cut", 14, "#ffffff")
    canvas.line(np.array([[-50.0, -50.0], [90.0, 70.0]]), "#ffffff", 3)
    canvas.polygon(np.array([[-9.0, 5.0], [9.0, -5.0], [60.0, 60.0]]), "#ff0000")
    canvas.polygon(np.array([[400.0, 5.0], [409.0, -5.0], [460.0, 60.0]]), "#ff0000")
    assert np.isfinite(canvas.pixels).all()
    assert canvas.pixels.max() <= 1 + 1e-9
    with pytest.raises(VigieError, match="cannot be made"):
        Canvas(10**6, 10**6, "#000000")


def test_every_printable_character_has_a_glyph_of_its_own() -> None:
    stamps = set()
    for code in range(33, 127):
        canvas = Canvas(40, 40, "#000000")
        canvas.text(8, 28, chr(code), 22, "#ffffff")
        assert canvas.pixels.max() > 0.9, chr(code)
        stamps.add(canvas.pixels.tobytes())
    assert len(stamps) == 94
    assert text_width("\u00e9", 10) == text_width("e", 10)
    assert text_width("\u6f22\x00", 10) > 0


def test_long_names_are_shortened_to_their_room() -> None:
    words = shorten("a-very-long-deployment-name", 12, 80)
    assert words.endswith("\u2026")
    assert text_width(words, 12) <= 80
    assert shorten("x" * 50, 12, 9) == ""


@given(st.lists(st.tuples(st.floats(0, 600), st.floats(0, 400)), max_size=60))
@settings(max_examples=30, deadline=None)
def test_names_never_overlap(points: list[tuple[float, float]]) -> None:
    ground = Ground(0, 0, 600, 400)
    placed = [ground.place(Label(f"service-{n}", 12, around(x, y, 12, 8))) for n, (x, y) in enumerate(points)]
    rects = [one.rect for one in placed if one]
    for number, one in enumerate(rects):
        assert one[0] >= 0
        assert one[3] <= 400
        for other in rects[number + 1 :]:
            assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_styles_that_cannot_be_are_refused() -> None:
    for wrong in ({"renderer": "laser"}, {"theme": "pink"}, {"width": 3}, {"opacity": 0.0}, {"colour": "mood"}):
        with pytest.raises(UsageError):
            Style(**wrong)  # type: ignore[arg-type]


def test_colours_differ_in_lightness_and_marks_in_shape() -> None:
    for chosen in THEMES.values():
        steps = intensity_ramp(chosen) @ (0.2126, 0.7152, 0.0722)
        falls = np.diff(steps)
        assert (falls >= -1e-3).all() or (falls <= 1e-3).all()
        ends = flow_ramp(chosen)[[0, -1]]
        assert abs((ends[0] - ends[1])[2]) > 0.3
    outlines = [mark_shape(severity) for severity in (1, 2, 3, 4)]
    assert len({outline.shape for outline in outlines[:3]}) == 3
    assert not np.allclose(outlines[1], outlines[3])


def test_a_picture_of_nothing_is_a_picture() -> None:
    scene = grid().with_(position=np.full((36, 2), np.nan))
    assert compose(scene, Style()).items
    decode(png(scene, Style(width=320, height=240)))
