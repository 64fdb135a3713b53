"""Bundling as a whole: what holds for every solver, on the kernel and on its numpy twin."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.drawing import twin
from vigie.drawing.bundling import SOLVERS, Cancelled, bundle
from vigie.drawing.solving import load_kernel
from vigie.model.errors import VigieError

BACKENDS = ["numpy"] if load_kernel() is None else ["kernel", "numpy"]
kernel_only = pytest.mark.skipif(load_kernel() is None, reason="the kernel is not built")


def graph(edges: int = 160, seed: int = 0, vertices: int = 30) -> np.ndarray:
    """Edges between the vertices of three clusters, as segments."""
    rng = np.random.default_rng(seed)
    centres = np.array([[0.0, 0.0], [900.0, 200.0], [400.0, 800.0]])
    place = centres[rng.integers(0, 3, vertices)] + rng.normal(0, 60, (vertices, 2))
    ends = rng.integers(0, vertices, (edges, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    return np.hstack((place[ends[:, 0]], place[ends[:, 1]]))


def rms(one: np.ndarray, other: np.ndarray) -> float:
    """Root of the mean squared distance of points."""
    return float(np.sqrt(((one - other) ** 2).sum(axis=-1).mean()))


def brute_pairs(segments: np.ndarray, threshold: float) -> int:
    """Directed compatible pairs by the definitions of Holten and van Wijk, one pair at a time."""
    count = 0
    for i, (ax, ay, bx, by) in enumerate(segments):
        p, pm = np.array([bx - ax, by - ay]), np.array([ax + bx, ay + by]) / 2
        for j, (cx, cy, dx, dy) in enumerate(segments):
            if i == j:
                continue
            q, qm = np.array([dx - cx, dy - cy]), np.array([cx + dx, cy + dy]) / 2
            lp, lq = np.hypot(*p), np.hypot(*q)
            mean = (lp + lq) / 2
            angle = abs(p @ q) / (lp * lq)
            scale = 2 / (mean / min(lp, lq) + max(lp, lq) / mean)
            position = mean / (mean + np.hypot(*(pm - qm)))
            sight = min(visibility((ax, ay, bx, by), (cx, cy, dx, dy)), visibility((cx, cy, dx, dy), (ax, ay, bx, by)))
            count += angle * scale * position * sight >= threshold
    return count


def visibility(p: tuple[float, ...], q: tuple[float, ...]) -> float:
    """1 - 2 |Pm - Im| / |I0 - I1|, I the projections of Q's ends on the line of P."""
    start, along = np.array(p[:2]), np.array(p[2:]) - np.array(p[:2])
    ends = [start + along * (((np.array(end) - start) @ along) / (along @ along)) for end in (q[:2], q[2:])]
    middle, span = (ends[0] + ends[1]) / 2, float(np.hypot(*(ends[0] - ends[1])))
    off = float(np.hypot(*(start + along / 2 - middle)))
    return max(0.0, 1 - 2 * off / span) if span > 0 else 0.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.8])
def test_compatible_pairs_are_those_of_the_definition(backend: str, threshold: float) -> None:
    lines = graph(110, seed=3)
    assert bundle(lines, threshold=threshold, iterations=0, backend=backend).pairs == brute_pairs(lines, threshold) > 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("tolerance", [0.0, 0.15])
def test_ends_are_exact_and_curves_bend(backend: str, solver: str, tolerance: float) -> None:
    lines = graph()
    made = bundle(lines, solver=solver, tolerance=tolerance, backend=backend)
    assert made.points.shape == (len(lines), 34, 2)
    assert (made.points[:, 0] == lines[:, :2]).all()
    assert (made.points[:, -1] == lines[:, 2:]).all()
    assert np.isfinite(made.points).all()
    straight = lines[:, None, :2] + np.linspace(0, 1, 34)[None, :, None] * (lines[:, None, 2:] - lines[:, None, :2])
    assert rms(made.points, straight) > 1
    assert made.solver == solver
    assert made.super_edges == len(lines) if not tolerance else made.super_edges < len(lines)


@kernel_only
@pytest.mark.parametrize("tolerance", [0.0, 0.1])
def test_the_twin_agrees_with_the_kernel(tolerance: float) -> None:
    lines = graph(400, seed=1, vertices=60)
    one, other = (
        bundle(lines, backend=backend, tolerance=tolerance, weights=np.arange(len(lines))) for backend in BACKENDS
    )
    assert one.pairs == other.pairs
    assert (one.super_edge == other.super_edge).all()
    np.testing.assert_allclose(one.intensity, other.intensity, rtol=2e-3)
    assert rms(one.points, other.points) < 0.5
    for figure in ("inkRatio", "ambiguity"):
        assert one.figures[figure] == pytest.approx(other.figures[figure], rel=0.01)
    assert one.figures["distortion"]["mean"] == pytest.approx(other.figures["distortion"]["mean"], rel=0.01)


@kernel_only
@pytest.mark.parametrize("solver", ["gephi", "fdeb"])
def test_metrics_of_the_explicit_solvers_agree(solver: str) -> None:
    lines = graph(400, seed=1, vertices=60)
    one, other = (bundle(lines, backend=backend, solver=solver) for backend in BACKENDS)
    assert one.pairs == other.pairs
    assert one.figures["distortion"]["mean"] == pytest.approx(other.figures["distortion"]["mean"], rel=0.01)


def mirrored(lines: np.ndarray) -> np.ndarray:
    return lines * [1, -1, 1, -1]


def turned(lines: np.ndarray) -> np.ndarray:
    c, s = np.cos(0.7), np.sin(0.7)
    return (lines.reshape(-1, 2) @ np.array([[c, s], [-s, c]])).reshape(-1, 4)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["stable"])
@given(seed=st.integers(0, 40), scale=st.sampled_from([1e-6, 0.3, 1.0, 7e4]), shift=st.floats(-5, 5))
@settings(max_examples=8, deadline=None)
def test_translation_rotation_reflection_and_scale_carry_over(
    backend: str, solver: str, seed: int, scale: float, shift: float
) -> None:
    lines = graph(60, seed)
    size = 1000 * scale
    plain = bundle(lines, solver=solver, backend=backend).points
    moved = bundle(lines * scale + shift * size, solver=solver, backend=backend).points
    assert rms((moved - shift * size) / scale, plain) < 0.5
    spun = bundle(turned(lines), solver=solver, backend=backend).points
    assert rms(spun, turned(plain.reshape(-1, 4)).reshape(plain.shape)) < 0.5
    flipped = bundle(mirrored(lines), solver=solver, backend=backend).points
    assert rms(flipped, plain * [1, -1]) < 0.5


@pytest.mark.parametrize("backend", BACKENDS)
@given(seed=st.integers(0, 40))
@settings(max_examples=8, deadline=None)
def test_the_order_and_the_direction_of_edges_do_not_matter(backend: str, seed: int) -> None:
    lines = graph(80, seed)
    plain = bundle(lines, backend=backend)
    order = np.random.default_rng(seed).permutation(len(lines))
    shuffled = bundle(lines[order], backend=backend)
    assert shuffled.pairs == plain.pairs
    assert rms(shuffled.points, plain.points[order]) < 0.5
    reverse = np.random.default_rng(seed + 1).random(len(lines)) < 0.5
    other = np.where(reverse[:, None], lines[:, [2, 3, 0, 1]], lines)
    back = bundle(other, backend=backend)
    assert back.pairs == plain.pairs
    assert rms(np.where(reverse[:, None, None], back.points[:, ::-1], back.points), plain.points) < 0.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_little_noise_moves_a_stable_map_a_little(backend: str) -> None:
    lines = graph(300, 5)
    noise = np.random.default_rng(0).normal(0, 1e-3, lines.shape)
    assert rms(bundle(lines, backend=backend).points, bundle(lines + noise, backend=backend).points) < 0.5


def trunk(count: int = 12) -> np.ndarray:
    """Parallel edges, every second one against the others."""
    y = np.arange(count) * 10.0
    lines = np.column_stack((np.zeros(count), y, np.full(count, 400.0), y))
    lines[1::2] = lines[1::2][:, [2, 3, 0, 1]]
    return lines


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("solver", ["stable", "fdeb"])
def test_antiparallel_edges_share_a_trunk_without_crossing(backend: str, solver: str) -> None:
    points = bundle(trunk(), solver=solver, backend=backend).points
    points[1::2] = points[1::2, ::-1]
    assert (np.diff(points[:, :, 0], axis=1) > -1e-6).all()
    half = points[:, 17, 1]
    assert np.ptp(half) < 0.8 * np.ptp(points[:, 0, 1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_gephi_joins_points_by_their_number_even_in_antiparallel_edges(backend: str) -> None:
    lines = trunk(2)
    aware, plain = (bundle(lines, solver="gephi", direction_aware=on, backend=backend).points for on in (True, False))
    gap = [abs(points[0, 5, 1] - points[1, -6, 1]) for points in (aware, plain)]
    assert gap[0] < gap[1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_only_edges_of_one_type_attract_each_other(backend: str) -> None:
    lines = graph(150, 2)
    kinds = np.arange(len(lines)) % 3
    together = bundle(lines, types=kinds, backend=backend)
    for kind in range(3):
        alone = bundle(lines[kinds == kind], backend=backend)
        assert alone.pairs > 0
    separate = sum(bundle(lines[kinds == kind], backend=backend).pairs for kind in range(3))
    assert together.pairs == separate < bundle(lines, backend=backend).pairs


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_heavy_edge_attracts_more_than_a_light_one(backend: str) -> None:
    lines = np.array([[0.0, 0, 400, 0], [0, 40, 400, 40], [0, 80, 400, 80]])
    even, heavy = (bundle(lines, weights=mass, backend=backend).points[1, 17, 1] for mass in ([1, 1, 1], [9, 1, 1]))
    assert even == pytest.approx(40, abs=0.01)
    assert heavy < even - 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_duplicates_bundle_like_one_heavier_edge_where_they_are_merged(backend: str) -> None:
    lines = graph(60, 4)
    exact = bundle(np.repeat(lines, 3, axis=0), backend=backend)
    merged = bundle(np.repeat(lines, 3, axis=0), tolerance=1e-9, backend=backend)
    assert merged.super_edges == len(np.unique(lines, axis=0)) < 3 * len(lines)
    assert rms(exact.points, merged.points) < 0.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_merged_members_meet_their_own_ends_and_follow_their_bundle(backend: str) -> None:
    lines = graph(300, 6)
    made = bundle(lines, tolerance=0.2, backend=backend)
    low, high = np.unique(made.super_edge), np.arange(made.super_edges)
    assert (low == high).all()
    for number in range(made.super_edges):
        members = lines[made.super_edge == number]
        side = np.where((members[:, 2] < members[:, 0])[:, None], members[:, [2, 3, 0, 1]], members)
        shortest = np.hypot(members[:, 2] - members[:, 0], members[:, 3] - members[:, 1]).min()
        assert np.ptp(side, axis=0).max() <= 0.2 * shortest + 1e-9


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_warm_start_goes_on_from_the_given_curves(backend: str) -> None:
    lines = graph(120, 7)
    cold = bundle(lines, backend=backend)
    warm = bundle(lines, start=cold.points, iterations=1, backend=backend)
    assert warm.points.shape == cold.points.shape
    assert rms(warm.points, cold.points) < 2
    fresh = bundle(lines, iterations=1, backend=backend)
    assert rms(warm.points, cold.points) < rms(fresh.points, cold.points)
    odd = bundle(lines, start=cold.points[:, [0, 8, 16, 24, 33]], backend=backend)
    assert odd.points.shape == (len(lines), 34, 2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_low_memory_gives_the_same_picture(backend: str) -> None:
    lines = graph(150, 8)
    one, other = (bundle(lines, low_memory=low, backend=backend) for low in (False, True))
    assert one.pairs == other.pairs
    assert rms(one.points, other.points) < 0.05


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("tolerance", [0.0, 0.2])
def test_callbacks_see_every_iteration_and_can_cancel(backend: str, tolerance: float) -> None:
    lines = np.vstack((graph(40, 9), [[5.0, 5, 5, 5]]))
    shares: list[float] = []
    frames: list[tuple[int, int, tuple[int, ...]]] = []
    bundle(
        lines,
        iterations=6,
        cycles=3,
        tolerance=tolerance,
        backend=backend,
        progress=shares.append,
        on_iteration=lambda cycle, turn, points: frames.append((cycle, turn, points.shape)),
        refresh=2,
    )
    assert len(shares) == 6 + 5 + 3
    assert all(low < high for low, high in pairwise(shares))
    assert shares[-1] == pytest.approx(1)
    assert len(frames) == 7
    assert frames[0][2] == (len(lines), 3, 2)
    assert frames[-1][2] == (len(lines), 6, 2)
    with pytest.raises(Cancelled, match="cancelled"):
        bundle(lines, progress=lambda share: share < 0.4, backend=backend)
    with pytest.raises(Cancelled, match="cancelled"):
        bundle(lines, on_iteration=lambda cycle, turn, points: cycle < 2, backend=backend)
    with pytest.raises(ZeroDivisionError):
        bundle(lines, progress=lambda share: bool(1 / 0), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "switch",
    [
        {"angle": False},
        {"scale": False},
        {"position": False},
        {"visibility": False},
        {"late_visibility": True},
        {"directed_angle": True},
    ],
)
def test_switches_change_which_pairs_are_compatible(backend: str, switch: dict[str, bool]) -> None:
    lines = graph(90, 10)
    assert (
        bundle(lines, iterations=1, backend=backend, **switch).pairs
        != bundle(lines, iterations=1, backend=backend).pairs
    )


@kernel_only
def test_switches_mean_the_same_to_the_kernel_and_the_twin() -> None:
    lines = graph(200, 11)
    names = ("angle", "scale", "position", "visibility", "late_visibility", "directed_angle")
    for bits in range(64):
        switches = {name: bool(bits >> k & 1) for k, name in enumerate(names)}
        one, other = (bundle(lines, iterations=1, cycles=1, backend=backend, **switches).pairs for backend in BACKENDS)
        assert one == other, switches


@pytest.mark.parametrize("backend", BACKENDS)
def test_inverse_quadratic_attraction_reaches_less_far(backend: str) -> None:
    lines = np.array([[0.0, 0, 400, 0], [0, 60, 400, 60]])
    near, far = (
        bundle(lines, solver="gephi", inverse_quadratic=on, backend=backend).points[0, 17, 1] for on in (True, False)
    )
    assert 0 < near < far


@pytest.mark.parametrize("backend", BACKENDS)
def test_degenerate_graphs_have_a_defined_result(backend: str) -> None:
    none = bundle(np.zeros((0, 4)), backend=backend)
    assert none.points.shape == (0, 34, 2)
    assert none.figures["edges"] == none.pairs == 0
    one = bundle([[0, 0, 3, 4]], backend=backend)
    np.testing.assert_allclose(one.points[0], np.linspace((0, 0), (3, 4), 34), atol=1e-4)
    loops = bundle([[1, 2, 1, 2], [0, 0, 9, 0], [0, 1, 9, 1], [7, 7, 7, 7]], backend=backend)
    assert (loops.points[0] == (1, 2)).all()
    assert (loops.points[3] == (7, 7)).all()
    assert loops.super_edge.tolist() == [-1, 0, 1, -1]
    assert loops.pairs == 2
    same = bundle(np.tile([[0.0, 0, 10, 5]], (50, 1)), backend=backend)
    assert same.pairs == 50 * 49
    assert rms(same.points, np.broadcast_to(np.linspace((0, 0), (10, 5), 34), same.points.shape)) < 1e-3
    assert bundle(np.full((5, 4), 3.5), backend=backend).pairs == 0
    right = bundle([[0, 0, 10, 0], [5, -5, 5, 5]], threshold=0.0, backend=backend)
    assert right.pairs == 2
    assert np.isfinite(right.points).all()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("scale", [1e-90, 1e-30, 1e30, 1e99])
def test_far_scales_do_not_break_the_arithmetic(solver: str, scale: float) -> None:
    lines = graph(60, 12) / 1000 * scale
    if solver == "gephi" and scale > 1:
        with pytest.raises(VigieError, match="beyond"):
            bundle(lines, solver=solver)
        return
    made = bundle(lines, solver=solver)
    assert np.isfinite(made.points).all()
    assert (made.points[:, -1] == lines[:, 2:]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"segments": [[0, 0, np.nan, 1]]}, "NaN or infinity"),
        ({"segments": [[0, 0, np.inf, 1]]}, "NaN or infinity"),
        ({"segments": [[0, 0, 1e200, 1]]}, "beyond"),
        ({"segments": [[0, 0, 1]]}, "shape"),
        ({"segments": "abc"}, "not numbers"),
        ({"weights": [1]}, "weights have shape"),
        ({"weights": [1, -1]}, "negative"),
        ({"weights": [1, np.nan]}, "weights hold"),
        ({"types": [1]}, "types have shape"),
        ({"solver": "magic"}, "unknown solver"),
        ({"backend": "gpu"}, "unknown backend"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"threshold": float("nan")}, "threshold is nan"),
        ({"tolerance": -1}, "tolerance is -1"),
        ({"cycles": 0}, "cycles is 0"),
        ({"cycles": 9, "subdivision": 8}, "too many points"),
        ({"start": [[0, 0]]}, "start curves"),
        ({"inverse_quadratic": True}, "no inverse-quadratic"),
        ({"threads": 0}, "threads is 0"),
        ({"sprign": 3}, "unknown option 'sprign'; try spring"),
    ],
)
def test_what_cannot_be_right_is_said_in_one_line(arguments: dict[str, object], words: str) -> None:
    given = {"segments": [[0, 0, 1, 1], [0, 1, 1, 2]], **arguments}
    with pytest.raises(VigieError, match=words) as caught:
        bundle(given.pop("segments"), **given)
    assert "\n" not in str(caught.value)
    assert caught.value.fix


def test_gephi_defaults_are_those_of_the_plugin() -> None:
    made = bundle([[0, 0, 300, 400], [0, 50, 300, 450]], solver="gephi")
    wanted = {
        "cycles": 6,
        "iterations": 50,
        "rate": 0.667,
        "spring": 0.1,
        "step_factor": 0.5,
        "threshold": 0.5,
        "subdivision": 2,
    }
    assert {name: made.options[name] for name in wanted} == wanted
    assert made.options["step"] == pytest.approx(500 / 50)
    assert not made.options["direction_aware"]
    turns: list[int] = []
    bundle([[0, 0, 3, 4]], solver="gephi", on_iteration=lambda cycle, _turn, _points: turns.append(cycle))
    assert [turns.count(cycle) for cycle in range(6)] == [50, 34, 23, 15, 10, 7]


@kernel_only
@pytest.mark.parametrize("level", ["0", "3", "9"])
def test_instruction_sets_agree(level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = graph(400, 13, vertices=80)
    best = bundle(lines, backend="kernel")
    monkeypatch.setenv("VIGIE_KERNEL_LEVEL", level)
    other = bundle(lines, backend="kernel")
    assert other.pairs == best.pairs
    assert rms(other.points, best.points) < 0.2


@kernel_only
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_the_picture(threads: int) -> None:
    lines = graph(900, 14, vertices=90)
    one, other = bundle(lines, threads=1), bundle(lines, threads=threads)
    assert one.pairs == other.pairs
    assert rms(one.points, other.points) < 0.2
    assert (bundle(lines, threads=threads).points == other.points).all()


def test_without_the_kernel_numpy_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIGIE_KERNEL", "off")
    assert bundle(graph(20)).backend == "numpy"
    with pytest.raises(VigieError, match="not built"):
        bundle(graph(20), backend="kernel")


@pytest.mark.parametrize("backend", BACKENDS)
def test_too_many_pairs_for_the_memory_are_an_error_and_not_a_crash(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = graph(500, 15)
    monkeypatch.setenv("VIGIE_BUNDLING_MEMORY", "300000")
    with pytest.raises(VigieError, match="do not fit in memory"):
        bundle(lines, backend=backend)


def test_resampling_keeps_ends_and_equal_steps() -> None:
    bent = np.array([[[0.0, 0], [0, 3], [4, 3]], [[0, 0], [0, 0], [0, 0]]])
    fine = twin.resample(bent, 8)
    np.testing.assert_allclose(np.hypot(*np.diff(fine[0], axis=0).T), [1, 1, 1, 1, 1, 1, 1])
    assert (fine[1] == 0).all()
