"""Maps that the drawing tests share."""

import numpy as np

from vigie.drawing.scene import Chain, Curves, Map

HOSTILE = '</script><script>alert("1")</script> & <b>\u202e\x07 ]]> --> "\'\n\t\r\u00e9\u6f22'


def small() -> Map:
    """Five vertices, every field in use, names that attack their reader."""
    return Map(
        labels=["zone a", "node-1", "node-2", HOSTILE, ""],
        ids=["z", "n1", "n2", "x & <y>", "q\"'\n"],
        kind=np.array([0, 1, 1, 2, 2]),
        kind_names=("Zone", "Node", 'Pod "<&>'),
        parent=np.array([-1, 0, 0, 1, 2]),
        weight=np.array([1.0, 1.0, 0.1, 2.5, 1e-3]),
        severity=np.array([0, 0, 1, 4, 3]),
        notes={3: HOSTILE, 4: "image-missing"},
        source=np.array([3, 4, 1, 1, 3]),
        target=np.array([4, 3, 2, 2, 3]),
        type=np.array([0, 1, 0, 2, 0]),
        type_names=("calls", HOSTILE, "reads"),
        edge_weight=np.array([1.0, 2.5, 1e-7, 12345.678, 1.0]),
        directed=np.array([True, True, False, True, True]),
        members=np.array([1, 4, 1, 1, 1]),
        position=np.array([[50.0, 40.0], [25.1, 40.000000001], [75.0, 1 / 3], [-12.5, 33.0], [np.nan, np.nan]]),
        box=np.array([[0.0, 0, 100, 80], [1, 2, 48, 76], [51, 2, 48, 76], [5, 5, 10, 10], [60, 5, 1 / 3, 1e-3]]),
        size=np.array([1.0, 2, 3, 4, 0.1]),
        colour=np.array([[1, 2, 3, 4], [255, 0, 0, 255], [9, 9, 9, 128], [7, 7, 7, 0], [0, 1, 0, 1]], dtype=np.uint8),
        curves=Curves.of_list(
            [None, None, [[25.1, 40.000000001], [50, 1e-9], [75, 1 / 3]], [[25.1, 40], [75, 0]], None]
        ),
        level_names=("zones", "nodes", "pods"),
        title=HOSTILE.strip(),
    )


def grid(side: int = 6, *, types: int = 1, chain: bool = False) -> Map:
    """side x side vertices on a plane, each joined to the one opposite; deterministic."""
    count = side * side
    x, y = np.meshgrid(np.arange(side) * 100.0, np.arange(side) * 60.0)
    source = np.arange(count)
    return Map(
        labels=[f"service-{v:02d}" for v in range(count)],
        source=source,
        target=(source + count // 2 + 1) % count,
        type=source % types,
        type_names=tuple(f"type {t}" for t in range(types)),
        severity=np.where(source % 7 == 3, 1 + source % 4, 0),
        notes={3: "crash-exit"},
        position=np.column_stack((x.ravel(), y.ravel())),
        chains=(Chain((0, 8, 30), ("calls", "mounts")),) if chain else (),
        title="a grid",
    )
