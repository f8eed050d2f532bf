"""A pyarrow Table that also knows the way to Polars."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ready.definition.column_roles import labels_in
from ready.errors import UsageError

if TYPE_CHECKING:
    import pandas
    import polars


class Table:
    """The rows as a pyarrow Table: whatever that has (`schema`, `column()`, `filter()`) is here too.

    pyarrow lets nobody add a method to its Table, and `to_polars` is one. Where a function insists
    on pyarrow's own class, as `pyarrow.parquet.write_table` does, give it `.table`. Libraries that
    read the Arrow stream (`pyarrow.table`, `polars.DataFrame`, DuckDB) take this object as it is.

    Amounts are doubles, or with exact=True decimals; times are timestamps in UTC, in microseconds. The
    metadata of the schema says which feature set and version the rows are of, and which columns are what.
    """

    __slots__ = ("table",)

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def to_pandas(self, **options: Any) -> pandas.DataFrame:
        """As a DataFrame; options as pyarrow.Table.to_pandas takes them. Exact decimals are Python's.

        Integers and truths with a null are of pandas' nullable types, Int64 and boolean: numpy's would make
        floats or objects of them. In a data set that holds for a null in any of its splits.

        Raises UsageError when pandas is not installed.
        """
        _require("pandas")
        if "types_mapper" in options:
            return self.table.to_pandas(**options)
        nullable = {name: _nullable(self.table[name]) for name in self._with_nulls()}
        frame = self.table.to_pandas(**options)
        return frame.assign(**{name: values.set_axis(frame.index) for name, values in nullable.items()})

    def _with_nulls(self) -> list[str]:
        """The columns of integers and truths that have a null, here or elsewhere in the data set."""
        roles = json.loads((self.table.schema.metadata or {}).get(b"roles", "{}"))
        known = [*roles.get("features", []), *(labels_in(roles) if roles else ())]
        elsewhere = {column["name"] for column in known if column.get("nulls")}
        return [
            field.name
            for field in self.table.schema
            if (pa.types.is_integer(field.type) or pa.types.is_boolean(field.type))
            and (field.name in elsewhere or self.table[field.name].null_count)
        ]

    def to_polars(self) -> polars.DataFrame:
        """As a DataFrame with the same types. Raises UsageError when polars is not installed."""
        _require("polars")
        import polars

        frame = polars.from_arrow(self.table)
        assert isinstance(frame, polars.DataFrame)
        return frame

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.table)})

    def __getitem__(self, key: Any) -> Any:
        return self.table[key]

    def __len__(self) -> int:
        return len(self.table)

    def __eq__(self, other: object) -> bool:
        return bool(self.table == (other.table if isinstance(other, Table) else other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.table)

    def __reduce__(self) -> tuple[type[Table], tuple[pa.Table]]:
        return Table, (self.table,)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def _nullable(column: pa.ChunkedArray) -> pandas.Series[Any]:
    import pandas

    kind = pandas.BooleanDtype() if pa.types.is_boolean(column.type) else pandas.Int64Dtype()
    return column.to_pandas(types_mapper=lambda _: kind)


def _require(library: str) -> None:
    if find_spec(library) is None:
        raise UsageError(f"{library} is not installed", hint=f"pip install {library}")
