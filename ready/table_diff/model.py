"""What is found when two builds are compared, as dataclasses that JSON can hold."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Key = dict[str, str | None]


@dataclass(frozen=True)
class Example:
    """The first row in which a column differs: its key, and both values as text."""

    key: Key
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ColumnDiff:
    """rows: of those in both tables how many have another value."""

    column: str
    rows: int
    first: Example | None


@dataclass(frozen=True)
class Moved:
    """Rows of one split that are now in another; None is no split."""

    before: str | None
    after: str | None
    rows: int


@dataclass(frozen=True)
class Splits:
    """before, after: rows of each split. moved: of the rows in both tables."""

    before: dict[str, int]
    after: dict[str, int]
    moved: list[Moved]


@dataclass(frozen=True)
class TableDiff:
    """One table on both sides; of one that only one side has, the other's row count is None.

    key: the columns by which rows were paired; none where no columns identify a row: whole rows were compared
    then, and one that changed counts as gone and as come. first_came, first_went: such a row's key. added,
    removed: columns with their types; retyped: both types.
    """

    table: str
    rows_before: int | None
    rows_after: int | None
    key: list[str] = field(default_factory=list)
    came: int = 0
    went: int = 0
    changed: int = 0
    first_came: Key | None = None
    first_went: Key | None = None
    added: dict[str, str] = field(default_factory=dict)
    removed: dict[str, str] = field(default_factory=dict)
    retyped: dict[str, list[str]] = field(default_factory=dict)
    columns: list[ColumnDiff] = field(default_factory=list)
    splits: Splits | None = None

    @property
    def is_new(self) -> bool:
        return self.rows_before is None

    @property
    def is_missing(self) -> bool:
        return self.rows_after is None

    @property
    def same(self) -> bool:
        """Whether rows, values and columns are the same; a missing one is not."""
        rows = self.came or self.went or self.changed
        columns = self.added or self.removed or self.retyped
        return not (self.is_new or self.is_missing or rows or columns)


@dataclass(frozen=True)
class Version:
    """What a feature set's table holds by the registry of its side."""

    feature_version: int
    data_hash: str


@dataclass(frozen=True)
class VersionDiff:
    feature_set: str
    before: Version | None
    after: Version | None

    @property
    def same(self) -> bool:
        """Whether the fingerprints are: numbers of versions are each database's own."""
        return (self.before and self.before.data_hash) == (self.after and self.after.data_hash)


@dataclass(frozen=True)
class BuildDiff:
    """base_prefix, prefix: of the schemas of the two sides; the base may be in another database."""

    base_prefix: str
    prefix: str
    tables: list[TableDiff]
    versions: list[VersionDiff]

    @property
    def differs(self) -> bool:
        """A table or feature set that only the base has does not count: a deferred build leaves it out."""
        tables = any(not (table.same or table.is_missing) for table in self.tables)
        return tables or any(version.after and not version.same for version in self.versions)


def without_examples(found: BuildDiff) -> BuildDiff:
    """The same without keys and values of the data."""
    return replace(found, tables=[_without_examples(table) for table in found.tables])


def _without_examples(table: TableDiff) -> TableDiff:
    columns = [replace(column, first=None) for column in table.columns]
    return replace(table, first_came=None, first_went=None, columns=columns)
