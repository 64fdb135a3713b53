"""The figures of a drawing, on pictures whose figures are known."""

import json

import numpy as np
import pytest

from vigie.drawing import figures
from vigie.drawing.bundling import bundle
from vigie.drawing.solving import load_kernel


def lines(*ends: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(ends, dtype=float).reshape(-1, 2, 2)


@pytest.fixture(params=["kernel", "numpy"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "numpy":
        monkeypatch.setenv("VIGIE_KERNEL", "off")
    elif load_kernel() is None:
        pytest.skip("the kernel is not built")
    return str(request.param)


def test_each_edge_counts_once_a_pixel(backend: str) -> None:
    points = np.array([[[0.0, 0], [9, 0], [0, 0]], [[0, 0], [9, 0], [9, 0]]])
    counts = figures.density(points, (0.0, 0.0, 1.0, 10, 2))
    assert counts[0].tolist() == [2] * 10
    assert counts[1].tolist() == [0] * 10


def test_what_lies_outside_the_frame_is_not_counted(backend: str) -> None:
    points = lines((-5, 0, 4, 0), (0, 50, 9, 50))
    counts = figures.density(points, (0.0, 0.0, 1.0, 10, 2))
    assert counts.tolist() == [[1] * 5 + [0] * 5, [0] * 10]


def test_kernel_and_numpy_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    if load_kernel() is None:
        pytest.skip("the kernel is not built")
    points = np.random.default_rng(0).random((300, 9, 2)) * 500
    frame = figures.frame_of(points)
    fast, clear = figures.density(points, frame), figures.ambiguity(points)
    monkeypatch.setenv("VIGIE_KERNEL", "off")
    assert (figures.density(points, frame) == fast).all()
    assert figures.ambiguity(points) == pytest.approx(clear, abs=1e-9)


def test_a_frame_is_as_wide_as_asked_for() -> None:
    left, top, scale, columns, rows = figures.frame_of(lines((10, 20, 110, 45)), 1000)
    assert (left, top) == (10, 20)
    assert scale == pytest.approx(9.99)
    assert (columns, rows) == (1001, 251)
    assert figures.frame_of(np.zeros((0, 2, 2)))[3:] == (1000, 1)
    assert figures.frame_of(np.ones((1, 2, 2)))[2] == 1.0


def test_distortion_is_length_over_distance() -> None:
    bent = np.array([[[0.0, 0], [3, 4], [6, 0]], [[0, 0], [1, 0], [2, 0]], [[1, 1], [1, 1], [1, 1]]])
    assert figures.distortion(bent) == {"mean": 1.3333, "p95": 1.6333, "max": 1.6667}
    assert figures.distortion(bent[2:]) == {"mean": 1.0, "p95": 1.0, "max": 1.0}


def test_distribution_is_of_touched_pixels() -> None:
    counts = np.array([[0, 1, 1], [2, 0, 6]], dtype=np.uint32)
    assert figures.distribution(counts) == {"mean": 2.5, "p50": 1.5, "p90": 4.8, "p99": 5.88, "max": 6.0}
    assert figures.distribution(np.zeros((2, 2), dtype=np.uint32))["max"] == 0.0


def test_ambiguity_grows_with_the_places_a_shared_course_leads_to(backend: str) -> None:
    apart = lines((0, 0, 1000, 0), (0, 500, 1000, 500), (0, 999, 1000, 999))
    assert figures.ambiguity(apart) == 0.0
    course = [(100.0, 500.0), (500.0, 500.0), (900.0, 500.0)]
    ends = [(0.0, 0.0), (0.0, 300.0), (0.0, 700.0), (0.0, 1000.0)]
    shared = np.array([[end, *course, (1000.0 - x, 1000.0 - y)] for end in ends for x, y in [end]])
    assert 0.3 < figures.ambiguity(shared) <= 0.75
    assert figures.ambiguity(shared[:1]) == 0.0
    assert figures.ambiguity(np.zeros((0, 5, 2))) == 0.0


def test_ambiguity_tells_directions_apart(backend: str) -> None:
    cross = lines((0, 500, 1000, 500), (500, 0, 500, 1000))
    assert figures.ambiguity(cross) == 0.0


def test_correlation_is_one_for_the_same_and_less_for_another_picture() -> None:
    one = np.random.default_rng(1).random((60, 2, 2)) * 100
    other = np.random.default_rng(2).random((60, 2, 2)) * 100
    assert figures.correlation(one, one) == pytest.approx(1)
    assert figures.correlation(one, other) < 0.6
    assert figures.correlation(one[:0], one[:0]) == 1.0


def test_the_figures_of_a_bundling_are_ready_for_json(backend: str) -> None:
    rng = np.random.default_rng(3)
    made = bundle(np.hstack((rng.random((80, 2)) * 50, rng.random((80, 2)) * 50 + [900, 300])), seed=7)
    told = json.loads(json.dumps(made.figures))
    assert told["edges"] == told["superEdges"] == 80
    assert told["compatiblePairs"] == made.pairs > 0
    assert told["inkRatio"] < 0.8
    assert 1 <= told["distortion"]["mean"] <= told["distortion"]["p95"] <= told["distortion"]["max"]
    assert told["ambiguity"] >= told["straightAmbiguity"] > 0
    assert (told["solver"], told["seed"]) == ("stable", 7)
    assert told["memoryBytes"] > made.points.nbytes
    assert made.figures is made.figures
