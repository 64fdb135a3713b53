"""Tables: one a kind, one a nested list, one for the conditions of all kinds."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vigie.graph.columns import Codes, Column, Ids, Mask, Strings, Values
from vigie.model.errors import UsageError
from vigie.model.kind import Field, Key, Kind, Rows

if TYPE_CHECKING:
    from vigie.graph.graph import Graph


class RowTable:
    """The rows of one nested list: `parent` is the row of the object in its kind's table."""

    def __init__(
        self,
        rows: type[Rows] | None,
        parent: Ids,
        at: npt.NDArray[np.int16],
        index: npt.NDArray[np.int32],
        columns: Mapping[str, Column],
        parents: int,
    ) -> None:
        self.rows = rows
        self.parent = parent
        self.at = at
        self.index = index
        self.columns = columns
        self.parents = parents
        self._starts: Ids | None = None
        self._order: Ids | None = None

    def __len__(self) -> int:
        return len(self.parent)

    def __getitem__(self, field: Field[Any]) -> Column:
        return self.columns[field.name]

    def any(self, mask: Mask) -> Mask:
        """Which parents have a row in the mask."""
        out = np.zeros(self.parents, np.bool_)
        out[self.parent[mask]] = True
        return out

    def count(self, mask: Mask | None = None) -> npt.NDArray[np.int64]:
        """How many rows (in the mask) each parent has."""
        return np.bincount(self.parent if mask is None else self.parent[mask], minlength=self.parents)

    def of(self, parent: int) -> Ids:
        """The row numbers of one parent, in the order of the list."""
        if self._starts is None or self._order is None:
            self._order = np.argsort(self.parent, kind="stable").astype(np.int32)
            self._starts = np.searchsorted(self.parent[self._order], np.arange(self.parents + 1)).astype(np.int32)
        return self._order[self._starts[parent] : self._starts[parent + 1]]


class ConditionView:
    """One type of condition over a whole kind: columns aligned with the kind's rows."""

    def __init__(self, status: Column, reason: Column, since: Column) -> None:
        self.status = status
        self.reason = reason
        self.since = since


class Table:
    """All objects of one kind. Rows from `real` on are objects that are only referred to."""

    def __init__(
        self,
        key: Key,
        kind: type[Kind] | None,
        columns: Mapping[str, Column],
        identity: Mapping[str, npt.NDArray[Any]],
        rows: Mapping[type[Rows], RowTable],
        strings: Strings,
        values: Values,
        real: int,
    ) -> None:
        self.key = key
        self.kind = kind
        self.columns = columns
        self.identity = identity
        self.row_tables = rows
        self.strings = strings
        self.values = values
        self.real = real
        self.base = 0
        self.as_of = 0
        self.conditions: Callable[[Table, str], ConditionView] | None = None
        self.graph: Graph

    def __len__(self) -> int:
        return len(self.identity["name"])

    def __getitem__(self, field: Field[Any]) -> Column:
        if field.owner is not self.kind:
            raise UsageError(f"{field!r} is no column of {self.key}")
        return self.columns[field.name]

    def rows(self, rows: type[Rows]) -> RowTable:
        """The table of a nested list of this kind."""
        return self.row_tables[rows]

    def condition(self, type: str) -> ConditionView:
        """One condition type over all objects; missing where an object lacks it."""
        assert self.conditions is not None
        return self.conditions(self, type)

    @property
    def exists(self) -> Mask:
        """Where the object was read, not only named by another."""
        out = np.zeros(len(self), np.bool_)
        out[: self.real] = True
        return out

    @property
    def namespaces(self) -> Codes:
        return self.identity["namespace"]

    @property
    def names(self) -> Codes:
        return self.identity["name"]

    @property
    def created(self) -> Column:
        return Column("time", self.identity["created"], self.strings, self.values)

    @property
    def deleted(self) -> Column:
        """The time at which deletion was to take effect, where it was asked for."""
        return Column("time", self.identity["deleted"], self.strings, self.values)

    @property
    def generation(self) -> Column:
        return Column("number", self.identity["generation"], self.strings, self.values)

    @property
    def observed(self) -> Column:
        """The generation that the controller had looked at when it wrote the status."""
        return Column("number", self.identity["observed"], self.strings, self.values)

    @property
    def stale(self) -> Mask:
        """Where the status speaks of an older specification: it is no evidence."""
        return np.asarray(np.less(self.identity["observed"], self.identity["generation"]))

    @property
    def labels(self) -> Column:
        return Column("mapping", self.identity["labels"], self.strings, self.values)

    def age(self) -> npt.NDArray[np.int64]:
        """Microseconds since creation, 0 where it is not known."""
        created = self.identity["created"]
        missing = np.iinfo(np.int64).min
        return np.where(created == missing, 0, self.as_of - np.where(created == missing, 0, created))
