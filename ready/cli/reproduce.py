"""`ready reproduce`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ready.cli.options import (
    ALL_FLAGS,
    artifacts_option,
    configs_option,
    home_option,
    output_options,
    target_option,
)
from ready.cli.output import Output

if TYPE_CHECKING:
    from ready.proof.exports import Finding
    from ready.proof.reproduce import Reproduction


@click.command()
@click.argument("build", metavar="[FEATURE_SET:]VERSION[@DATA_HASH]")
@target_option
@configs_option
@artifacts_option
@home_option
@output_options(*ALL_FLAGS)
def reproduce(
    build: str, target: str, configs: str | None, artifacts: str | None, home: str | None, output: Output
) -> None:
    """Rebuild a recorded version and compare it.

    Builds it in scratch schemas from the loads on record, which raw keeps for ever, and with the definition
    on record: the current code where it gives the recorded hashes, else the recorded git commit. Compares
    the fingerprints of features, labels and splits, and the bytes of the Parquet files where they were
    exported. Of several builds of a version the current one is meant, else the latest; the beginning of a
    data hash names another. Another set than customer_features is named with its version, also one of own
    labels.

    Exit code 1 when anything differs. Your tables are not touched. The verdict is put on record, and shown
    with the version: ready registry show, the run page, the manifest of its export.

    \b
    Examples:
      ready reproduce 1
      ready reproduce 1@98573617
      ready reproduce churn:1
      ready reproduce all_features:1
      ready reproduce 1 --target spark
    """
    from ready.database.engine import open_engine
    from ready.errors import CheckFailed
    from ready.proof.reproduce import reproduce as rebuild
    from ready.run.renew import renew_proofs
    from ready.settings import Settings

    settings = Settings.resolve(home=home, configs=configs, artifacts=artifacts, target=target)
    params = open_engine(settings)
    with output.steps() as say:
        result = rebuild(settings, params, name=build, say=say)
    renew_proofs(settings)
    version = _version(result)
    output.show(_as_object(result))
    output.say("\n".join(_lines(result)))
    if not result.equal:
        raise CheckFailed(
            f"{version} did not come out the same",
            hint="what is on record, in raw or in the exports was changed outside the project",
        )
    output.say(f"{version} came out the same, bit for bit.")


def _as_object(result: Reproduction) -> dict[str, Any]:
    keys = ("feature_set", "feature_version", "data_hash", "load_ids")
    return {
        "equal": result.equal,
        **{key: result.record[key] for key in keys},
        "code": result.code,
        "findings": [asdict(finding) for finding in result.findings],
    }


def _version(result: Reproduction) -> str:
    return f"{result.record['feature_set']} version {result.record['feature_version']}"


def _lines(result: Reproduction) -> list[str]:
    return [
        f"{_version(result)}, fingerprint {result.record['data_hash']}",
        f"Rebuilt with {result.code} from load(s) {', '.join(map(str, result.record['load_ids']))}",
        *map(_line, result.findings),
    ]


def _line(finding: Finding) -> str:
    verdict = {True: "equal", False: "DIFFERENT", None: "not compared"}[finding.same]
    return f"  {finding.what:<24} {verdict}{f': {finding.detail}' if finding.detail else ''}"
