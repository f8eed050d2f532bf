"""What is proven of the published build, where people look: on the run page and in the manifests."""

from __future__ import annotations

from typing import Any

from ready.database.query import connected
from ready.dataset.dataset_folder import manifest_in, update_manifest
from ready.dbt.runner import read_artifact, target_folder
from ready.errors import UsageError
from ready.proof.feature_models import feature_candidates
from ready.recorded.proofs import proofs_of, reproduction_of
from ready.recorded.registry import build_name, find_build, find_current
from ready.recorded.verdicts import standing_verdicts
from ready.run_page.render import PAGE_NAME, renew_verdicts
from ready.settings import Settings


def renew_proofs(settings: Settings) -> None:
    """After a check: the verdicts on record take the place of those that page and manifests have.

    Raises MachineError where a file cannot be written.
    """
    with connected(settings) as connection:
        if (settings.reports / PAGE_NAME).is_file():
            verdicts = standing_verdicts(connection, settings, feature_candidates(latest_manifest(settings)))
            current = find_current(connection, settings)
            reproduction = reproduction_of(connection, settings, current) if current else None
            renew_verdicts(settings, verdicts, reproduction)
        for folder in sorted(settings.datasets.glob("*/v*")):
            manifest = manifest_in(folder)
            if manifest is None or "verdicts" not in manifest:
                continue
            try:
                build = find_build(connection, settings, build_name(manifest))
            except UsageError:  # of another database
                continue
            update_manifest(folder, verdicts=proofs_of(connection, settings, build))


def latest_manifest(settings: Settings) -> dict[str, Any] | None:
    """Of the latest dbt run; None where there is none."""
    try:
        return read_artifact(target_folder(settings) / "manifest.json")
    except (OSError, ValueError):
        return None
