"""Prefect: the commands as tasks; SHOP=/srv/my_shop python prefect_flow.py runs it once."""

import os
import subprocess

from prefect import flow, task

SHOP = os.environ.get("SHOP", ".")
MACHINE_FAILED = 3


def machine_failed(task, run, state) -> bool:
    """What the gate or the lint refuses, it refuses again: only exit code 3 is worth another try."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, subprocess.CalledProcessError) and error.returncode == MACHINE_FAILED


@task(retries=2, retry_delay_seconds=60, retry_condition_fn=machine_failed)
def run(command: list[str]) -> None:
    subprocess.run(command, cwd=SHOP, check=True)


@flow
def training_set() -> None:
    run.with_options(name="load")(["ready", "load", "-q"])
    run.with_options(name="validate")(["ready", "validate", "-q"])
    # One task for all models: what one dbt run has built and tested is published at its end.
    not_published_fails = ["--warn-error-options", '{"error": ["JinjaLogWarning"]}']
    run.with_options(name="build")(["ready", "dbt", "build", *not_published_fails])
    run.with_options(name="export")(["ready", "export", "-q"])


if __name__ == "__main__":
    training_set()
