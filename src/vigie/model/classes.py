"""The classes of causes that every system shares: one table, read from `cause-classes.tsv` beside this module."""

from functools import lru_cache
from importlib.resources import files

from vigie.model.system import CauseClass

UNKNOWN = "unknown"


@lru_cache(maxsize=1)
def classes() -> dict[str, CauseClass]:
    """All shared classes by name."""
    rows = files("vigie.model").joinpath("cause-classes.tsv").read_text("utf-8").splitlines()[1:]
    parsed = (row.split("\t") for row in rows if row)
    return {name: CauseClass(name, link == "link", root, means, says) for name, link, root, means, says in parsed}
