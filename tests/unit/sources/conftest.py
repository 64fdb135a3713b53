"""What the tests of the sources share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.sources.made import Reading
from vigie.sources import Limits


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Reading]:
    """Write bytes to a file of a name, and read that file."""

    def written(name: str, data: bytes, limits: Limits | None = None) -> Reading:
        path = tmp_path / name
        path.write_bytes(data)
        return Reading(str(path), limits=limits)

    return written
