"""`ready train-set`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from ready.cli.options import (
    artifacts_option,
    home_option,
    lock_timeout_option,
    output_options,
    target_option,
)
from ready.cli.output import Output


@click.command("train-set")
@click.option(
    "--labels",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="CSV file with one label a customer and time; also .gz, .zst and .zip.",
)
@click.option(
    "--horizon",
    metavar="DAYS",
    type=click.IntRange(min=0),
    required=True,
    help="How many days after its time a label looks, 0 for what is known at once. It is the embargo, too.",
)
@click.option("--name", help="Name of the training set.  [default: that of the file]")
@click.option("--customer", default="customer_id", show_default=True, help="The column of customers.")
@click.option(
    "--time", default="label_time", show_default=True, help="The column of ISO times, UTC without a zone."
)
@click.option("--label", default="label", show_default=True, help="The column of labels.")
@click.option(
    "--label-type",
    type=click.Choice(["integer", "number", "boolean", "text"]),
    help="What labels are; text are classes.  [default: what they look like]",
)
@click.option(
    "--features",
    default="customer_features",
    show_default=True,
    metavar="SET",
    help="The feature set to join: also that of a source, or all_features.",
)
@click.option("--skip-unknown", is_flag=True, help="Leave out labels of customers without a purchase.")
@click.option("--delimiter", help="Delimiter of the file.  [default: detected]")
@click.option("--encoding", help="Encoding of the file.  [default: detected]")
@target_option
@artifacts_option
@home_option
@lock_timeout_option
@output_options("quiet", "as_json")
def train_set(
    file: Path,
    horizon: int,
    name: str | None,
    customer: str,
    time: str,
    label: str,
    label_type: str | None,
    features: str,
    skip_unknown: bool,
    delimiter: str | None,
    encoding: str | None,
    target: str,
    artifacts: str | None,
    home: str | None,
    lock_timeout: float | None,
    output: Output,
) -> None:
    """Build a training set of your own labels.

    Features are those of the published version of a feature set, computed by its own query from what was
    known strictly before each label's time. The labels are loaded into raw; a fault among them stops the
    command and is named with its line. Splits are cut as features.yaml says, with the horizon as embargo.
    The set has versions, a fingerprint and lineage in the registry; `ready reproduce NAME:VERSION` proves it.

    \b
    Examples:
      ready train-set --labels churn.csv --horizon 60
      ready train-set --labels fraud.csv --horizon 0 --time order_ts --label is_fraud
      ready train-set --labels churn.csv --horizon 60 --features all_features
      ready train-set --labels churn.csv --horizon 60 --target spark
    """
    from ready.label_sets.label_set import LabelDefinition, build_label_set
    from ready.label_sets.labels import LabelColumns
    from ready.settings import Settings

    settings = Settings.resolve(home=home, artifacts=artifacts, target=target)
    reading = {"delimiter": "\t" if delimiter == "\\t" else delimiter, "encoding": encoding}
    built = build_label_set(
        settings,
        file,
        name=name or _name_of(file),
        definition=LabelDefinition(
            LabelColumns(customer, time, label), horizon, label_type, skip_unknown, features
        ),
        say=lambda title, text: output.say(f"{title}: {text}"),
        reading={key: value for key, value in reading.items() if value is not None},
        lock_timeout=lock_timeout,
    )
    output.show(_as_object(built))
    for line in _lines(built):
        output.say(line)
    for text in built.label_set.warnings:
        click.secho(f"  warning: {text}", fg="yellow", err=output.silent)


def _name_of(file: Path) -> str:
    """churn-2025.csv.gz is churn_2025."""
    stem = re.sub(r"(\.csv)?(\.(gz|zst|zip))?$", "", file.name.lower())
    return re.sub("[^a-z0-9]+", "_", stem).strip("_")


def _as_object(built: Any) -> dict[str, Any]:
    record, labels = built.label_set.record, built.label_set.labels
    keys = ("feature_set", "feature_version", "data_hash", "labels_hash", "row_count", "load_ids", "splits")
    return {
        **{key: record[key] for key in keys},
        "label": {"file": record["lineage"]["labels"], "kind": labels.kind, "left_out": labels.unknown},
        "warnings": list(built.label_set.warnings),
        "folder": str(built.export.folder),
    }


def _lines(built: Any) -> list[str]:
    from ready.definition.column_roles import labelled_features

    record, labels, counts = built.label_set.record, built.label_set.labels, built.label_set.row_counts
    file, asked = record["lineage"]["labels"], record["config"]["labels"]
    left_out = f", {labels.unknown:,} of unknown customers left out" if labels.unknown else ""
    splits = ", ".join(f"{split} {rows:,}" for split, rows in counts.items() if split)
    return [
        f"{record['feature_set']} version {record['feature_version']}, fingerprint {record['data_hash']}",
        f"  labels    {record['row_count']:,} of {file['file_name']} (load {file['load_id']}){left_out}; "
        f"{asked['columns']['label']} is {labels.kind}",
        f"  features  {labelled_features(asked)} version {asked['features_version']}, "
        f"load(s) {', '.join(map(str, record['load_ids']))}",
        f"  splits    {splits}; in none {counts[None]:,}",
        f"  Parquet   {built.export.folder}{'' if built.export.written else ' (already there)'}",
    ]
