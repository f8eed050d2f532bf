"""examples/train_model.ipynb, as a reader of it would run it: on the sample, from its own folder."""

from __future__ import annotations

import json

import pytest
from conftest import PROJECT
from proof_case import Shop

NOTEBOOK = PROJECT / "examples" / "train_model.ipynb"
INSTALL = "pip install -c constraints.txt -e '.[notebook]'"


def test_the_notebook_runs_and_its_model_beats_the_constant(
    built_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("sklearn", "nbclient", "ipykernel"):
        pytest.importorskip(library, reason=f"{library} is not installed: {INSTALL}")
    import nbclient
    import nbformat

    for name, value in built_shop.environ.items():
        monkeypatch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # A cell that raises fails the test; one of them asserts that the model is better.
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, kernel_name="python3", resources=resources).execute()
    assert "assert saved > 0" in NOTEBOOK.read_text(encoding="utf-8")


def test_the_committed_outputs_are_clean() -> None:
    """Of one run from top to bottom, with nothing in it that belongs to the machine or failed."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert len(outputs) > 0
    assert {output.get("name") for output in outputs} == {"stdout"}
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert not any(cell["metadata"] for cell in notebook["cells"])
