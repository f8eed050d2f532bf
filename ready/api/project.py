"""The functions of `ready`, on the folders of the environment, or on others by `open`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ready.api.dataset import Dataset, TrainValTest
from ready.api.datasets import Export, exports_in, load, load_three
from ready.definition.column_roles import FEATURE_SET
from ready.errors import UsageError
from ready.settings import Settings

if TYPE_CHECKING:
    from ready.api.reader import FeatureReader
    from ready.api.spine import ArrowStream
    from ready.api.table import Table

Folder = str | PathLike[str]


@dataclass(frozen=True)
class Project:
    """Whose data are meant, with the functions of `ready` as methods; `ready.open` makes one.

    None is what the environment says: see ready.settings.Settings.
    """

    home: Folder | None = None
    artifacts: Folder | None = None
    target: str | None = None

    @property
    def settings(self) -> Settings:
        return Settings.resolve(home=self.home, artifacts=self.artifacts, target=self.target)

    def load_dataset(
        self,
        feature_set: str = FEATURE_SET,
        version: int | None = None,
        split: str | None = None,
        *,
        output: str = "arrow",
        exact: bool = False,
    ) -> Dataset:
        """See ready.load_dataset."""
        return load(
            self.settings,
            feature_set=feature_set,
            version=version,
            split=split,
            output=output,
            exact=exact,
            path=None,
        )

    def train_val_test(
        self,
        feature_set: str = FEATURE_SET,
        version: int | None = None,
        *,
        output: str = "arrow",
        exact: bool = False,
    ) -> TrainValTest:
        """See ready.train_val_test."""
        return load_three(
            self.settings, feature_set=feature_set, version=version, output=output, exact=exact, path=None
        )

    def datasets(self) -> list[Export]:
        """See ready.datasets."""
        return exports_in(self.settings.datasets)

    def features_at(
        self,
        spine: ArrowStream | Mapping[str, Any],
        *,
        feature_set: str = FEATURE_SET,
        exact: bool = False,
    ) -> Table:
        """See ready.features_at."""
        from ready.api.point_in_time import features_of_spine

        return features_of_spine(self.settings, spine, exact=exact, feature_set=feature_set)

    def feature_reader(self, feature_set: str = FEATURE_SET, *, exact: bool = False) -> FeatureReader:
        """See ready.feature_reader."""
        from ready.api.reader import FeatureReader

        return FeatureReader(self.settings, exact=exact, feature_set=feature_set)


def open(
    *, home: Folder | None = None, artifacts: Folder | None = None, target: str | None = None
) -> Project:
    """The data of these folders: a Project, whose methods are the functions of `ready`.

    home: as READY_HOME. artifacts: as READY_ARTIFACTS. target: postgres or spark, as READY_TARGET. Each is by
    default what the environment says. Nothing is started before rows are asked for.

    Raises UsageError for a folder that is not there.
    """
    for name, folder in (("home", home), ("artifacts", artifacts)):
        if folder is not None and not Path(folder).expanduser().is_dir():
            raise UsageError(
                f"there is no folder {folder}", hint=f"name the {name} of a project that was run"
            )
    return Project(home, artifacts, target)


def load_dataset(
    feature_set: str = FEATURE_SET,
    version: int | None = None,
    split: str | None = None,
    *,
    output: str = "arrow",
    exact: bool = False,
    path: Folder | None = None,
) -> Dataset:
    """The training set: customer_id, feature_time, the features, the label and `split`, each with its role.

    version: default the one that the tables hold now; another one can be had while its export is
    there. split: train, val or test; default all three, one after the other. Within a split the
    rows come in the order of customer_id (by its bytes) and feature_time. Rows outside the splits
    are no part of it: for prediction take `features_at`. output: what X, y, groups and times of the
    result come as: arrow, pandas or polars. exact: decimals as the tables have them, instead of
    doubles, int64 and categories for models. path: a folder with an exported version, wherever it was
    copied to: it is read without database, dbt or configuration.

    Read from <artifacts>/datasets/<feature_set>/v<version> where these very rows were exported,
    else from the database in one stream, or with READY_TARGET=spark from the warehouse; all give the same
    table. Folders and server are those of the `ready` command: READY_HOME, READY_ARTIFACTS, PG* or
    DATABASE_URL; `ready.open` names others.

    Raises UsageError for a feature set, version, split or output that is none or not there, CheckFailed when
    the table is not what was recorded or a file not what its manifest says, MachineError when the database
    fails.
    """
    return load(
        None if path is not None else Project().settings,
        feature_set=feature_set,
        version=version,
        split=split,
        output=output,
        exact=exact,
        path=path,
    )


def train_val_test(
    feature_set: str = FEATURE_SET,
    version: int | None = None,
    *,
    output: str = "arrow",
    exact: bool = False,
    path: Folder | None = None,
) -> TrainValTest:
    """The three splits of one version, read at one moment: `train, val, test = ready.train_val_test()`.

    Arguments and errors are those of load_dataset.
    """
    return load_three(
        None if path is not None else Project().settings,
        feature_set=feature_set,
        version=version,
        output=output,
        exact=exact,
        path=path,
    )


def datasets() -> list[Export]:
    """What was exported below READY_ARTIFACTS, by feature set and version; load_dataset takes the path.

    The database is not asked: `ready registry list` shows every recorded version.
    """
    return Project().datasets()


def features_at(
    spine: ArrowStream | Mapping[str, Any], *, feature_set: str = FEATURE_SET, exact: bool = False
) -> Table:
    """What was known of each customer strictly before each instant.

    feature_set: customer_features, the features of a source such as visits_features, or a set that joins
    these, such as all_features.

    spine: a table with the columns customer_id (text or integers) and feature_time (timestamps, dates
    for their midnight, or ISO text; UTC where no time zone is given), such as a pandas or Polars DataFrame,
    a pyarrow Table, or a dict of lists. Whatever other columns it has, labels and weights for instance, are
    kept as they are. exact: decimals, instead of the types for models.

    Gives customer_id, feature_time (UTC, microseconds), the spine's other columns, and the features as
    they are defined in the current version, in the order of the spine, one row for each row, repeated ones
    too. Where a customer had bought nothing before, or is unknown, counts and sums are 0 and the others null.
    `active_within` of the configuration leaves no row out here. The orders are those that are
    staged now, so the exact result at the training set's own feature times equals `feats.customer_features`.

    Warns (ready.errors.UnknownCustomers) of ids without any purchase, nor a row of the sources that the set
    is of, with their number and an example. Raises UsageError for a spine that is none, for a set in SQL of
    one's own or when nothing was built yet, MachineError when the database or Spark fails.
    """
    return Project().features_at(spine, feature_set=feature_set, exact=exact)


def feature_reader(feature_set: str = FEATURE_SET, *, exact: bool = False) -> FeatureReader:
    """Asks for the features of one customer after the other, as an application does.

    `with ready.feature_reader() as reader: reader("C000015", feature_time)` gives a dict of the columns that
    features_at has for that row, by the function that publishing makes in the database, prepared once on a
    connection of its own. feature_set: as features_at takes it. feature_time: None for now. exact: decimals,
    instead of doubles.

    Raises UsageError on Spark and where the database has no such function, MachineError when it fails.
    """
    return Project().feature_reader(feature_set, exact=exact)
