"""What `pip install vigie` installs: built as a source distribution, and from it as a wheel, with and without a C compiler."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUNDLED = """
import numpy as np, vigie
made = vigie.bundle(np.array([[0, 0, 100, 0], [0, 9, 100, 9], [0, 5, 99, 5]]))
print(vigie.__file__, made.backend.split()[0], made.pairs, round(float(np.ptp(made.points[:, 17, 1])), 1))
"""


def build(target: str, where: Path, out: Path, environment: dict[str, str]) -> Path:
    """Run the build backend, without a network; returns what it wrote."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(out)]
    done = subprocess.run(command, cwd=where, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    pytest.importorskip("hatchling", reason="hatchling builds the package")
    folder = tmp_path_factory.mktemp("sdist")
    made = build("sdist", ROOT, folder / "out", dict(os.environ))
    (folder / "tree").mkdir()
    subprocess.run(["tar", "-xzf", made, "-C", folder / "tree"], check=True)
    (tree,) = (folder / "tree").iterdir()
    return tree


@pytest.mark.parametrize("compiled", [True, False])
def test_sdist_and_wheel_build_and_bundle(source: Path, tmp_path: Path, compiled: bool) -> None:
    kernel = source / "src" / "vigie" / "drawing" / "_kernel.abi3.so"
    kernel.unlink(missing_ok=True)
    environment = dict(os.environ)
    for name in ("CC", "VIGIE_NO_KERNEL", "VIGIE_KERNEL"):
        environment.pop(name, None)
    if not compiled:
        environment["PATH"] = str(tmp_path / "nothing")
    wheel = build("wheel", source, tmp_path / "out", environment)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        names = archive.namelist()
    assert any(name.endswith(".abi3.so") for name in names) == compiled
    assert ("linux" in wheel.name) == compiled, wheel.name
    assert wheel.name.endswith("-none-any.whl") != compiled, wheel.name
    assert {
        "vigie/py.typed",
        "vigie/drawing/page.js",
        "vigie/drawing/painter.js",
        "vigie/model/cause-classes.tsv",
    } <= set(names)
    environment |= {"PYTHONPATH": str(tmp_path / "site")}
    said = subprocess.run(
        [sys.executable, "-c", BUNDLED], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.split()
    assert said[0].startswith(str(tmp_path / "site"))
    assert said[1:3] == ["kernel" if compiled else "numpy", "6"]
    assert float(said[3]) < 7, "three lines, nine apart, draw together"
