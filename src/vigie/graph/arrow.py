"""Tables as Arrow: what other engines read. Numbers and codes are handed over without a copy."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from vigie.graph import clock
from vigie.graph.columns import Column
from vigie.graph.tables import Table


def table(of: Table) -> pa.Table:
    """One kind: identity, then its declared columns. Rows that are only referred to are left out."""
    columns: dict[str, pa.Array] = {}
    for name in ("namespace", "name"):
        columns[name] = column(Column("text", of.identity[name][: of.real], of.strings, of.values))
    columns["created"] = column(Column("time", of.identity["created"][: of.real], of.strings, of.values))
    columns["deleted"] = column(Column("time", of.identity["deleted"][: of.real], of.strings, of.values))
    columns["labels"] = column(Column("mapping", of.identity["labels"][: of.real], of.strings, of.values))
    for name, held in of.columns.items():
        columns[f"{name}_" if name in columns else name] = column(held.take(np.arange(of.real)))
    return pa.table(columns)


def column(of: Column) -> pa.Array:
    """One column with its missing values as nulls."""
    known = of.known
    mask = None if known.all() else ~known
    match of.form:
        case "number":
            return pa.array(of.data, pa.float64(), mask=mask)
        case "flag":
            return pa.array(of.data.astype(np.bool_), pa.bool_(), mask=mask)
        case "time":
            whole = np.where(of.data == clock.MISSING, 0, of.data)
            return pa.array(whole, pa.timestamp("us", "UTC"), mask=mask)
    codes, inverse = np.unique(of.data, return_inverse=True)
    return pa.DictionaryArray.from_arrays(pa.array(inverse.astype(np.int32), mask=mask), pa.array(_words(of, codes)))


def _words(of: Column, codes: Any) -> list[str]:
    """The distinct values behind codes: strings as they are, maps as compact JSON."""
    held = Column(of.form, codes, of._strings, of._values)
    said = [held[row] for row in range(len(codes))]
    return [value if isinstance(value, str) else msgspec.json.encode(value).decode() for value in said]
