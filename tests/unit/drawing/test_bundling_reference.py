"""The published graphs: the compatible pairs and figures of Gephi's defaults, to the pair and to a per cent."""

import pytest

from bench.drawing import graphs
from bench.drawing.quality import REFERENCE
from vigie.drawing import figures
from vigie.drawing.bundling import bundle
from vigie.drawing.solving import load_kernel

pytestmark = pytest.mark.skipif(load_kernel() is None, reason="the kernel is not built")


@pytest.mark.parametrize("name", ["airlines", "migrations"])
def test_reference_values(name: str) -> None:
    lines = graphs.public(name)
    if lines is None:
        pytest.skip("VIGIE_GRAPHS names no folder with the public graphs")
    half, low, ink, (mean, high) = REFERENCE[name]
    made = bundle(lines, solver="gephi")
    assert made.pairs == half
    assert bundle(lines, solver="gephi", threshold=0.05, cycles=1, iterations=0).pairs == low
    told = figures.measure(made.points)
    assert told["inkRatio"] == pytest.approx(ink, rel=0.01)
    assert told["distortion"]["mean"] == pytest.approx(mean, rel=0.01)
    assert told["distortion"]["p95"] == pytest.approx(high, rel=0.01)


def test_the_largest_has_the_same_pairs() -> None:
    lines = graphs.public("airtraffic")
    if lines is None:
        pytest.skip("VIGIE_GRAPHS names no folder with the public graphs")
    assert bundle(lines, solver="gephi", cycles=1, iterations=0).pairs == REFERENCE["airtraffic"][0]
