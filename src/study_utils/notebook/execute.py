"""Execute one notebook strictly: papermill only warns where a study would be wrong, here it is an error."""

from __future__ import annotations

import contextlib
import difflib
import json
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

from study_utils.errors import NotebookError

START_SECONDS = 300
"""How long a kernel may take to begin, on a machine under load."""
TYPES = {"str": str, "int": int, "float": (int, float), "bool": bool, "list": list, "dict": dict}


def check_parameters(notebook: Path, parameters: Mapping[str, object]) -> None:
    """Refuse parameters that the notebook would not take as they are meant.

    Parameters
    ----------
    notebook : pathlib.Path
        Source notebook.
    parameters : mapping of str to object
        Name to value.

    Raises
    ------
    NotebookError
        If the notebook hasn't exactly one cell tagged ``parameters``; if a name isn't in that cell; or if a value
        has another type than declared there, or one that papermill would change (tuples, paths).
    """
    import nbformat  # it takes seconds, and plans need none
    import papermill

    content = nbformat.read(notebook, as_version=4)
    tagged = [c for c in content.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise NotebookError(f"{notebook.name} has {len(tagged)} cells tagged 'parameters': it must have exactly one")
    declared = papermill.inspect_notebook(str(notebook))
    for name, value in parameters.items():
        if name not in declared:
            near = difflib.get_close_matches(name, declared, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(declared)}"
            raise NotebookError(f"{notebook.name} has no parameter {name!r}: {hint}")
        kind = declared[name]["inferred_type_name"].split("[")[0]
        expected = TYPES.get(kind)
        if expected is None:
            raise NotebookError(
                f"{notebook.name}, parameter {name!r}: annotate it with one of {', '.join(TYPES)}, not {kind!r}"
            )
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "bool"):
            raise NotebookError(f"{notebook.name}, parameter {name!r} must be {kind}, not {value!r}")
        try:
            if json.loads(json.dumps(value)) != value:
                raise NotebookError(f"{notebook.name}, parameter {name!r}: {value!r} would be changed on the way in")
        except TypeError as error:
            raise NotebookError(f"{notebook.name}, parameter {name!r}: {error}") from error


def execute_notebook(
    notebook: Path, output: Path, parameters: Mapping[str, object], *, shown: Mapping[str, object] | None = None
) -> None:
    """Execute a notebook with parameters and keep the result.

    Parameters
    ----------
    notebook, output : pathlib.Path
        Source, and where the executed copy goes when all cells have run. If one fails, the copy is kept as
        ``*.failed.ipynb`` beside it and `output` stays as it was.
    parameters : mapping of str to object
        Checked with `check_parameters` first.
    shown : mapping of str to object, optional
        Parameters that the executed copy shows instead: without the folders of this machine.

    Raises
    ------
    NotebookError
        If the parameters are wrong, a cell fails (the message names notebook, cell and error), or the kernel dies.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    check_parameters(notebook, parameters)
    output.parent.mkdir(parents=True, exist_ok=True)
    failed = output.with_name(f"{output.stem}.failed.ipynb")
    part = output.with_name(f".{output.stem}.part.ipynb")
    failed.unlink(missing_ok=True)
    for name in ("papermill", "traitlets", "blib2to3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what failed is told by us
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                str(notebook),
                str(part),
                dict(parameters),
                kernel_name="python3",
                cwd=str(notebook.parent),
                progress_bar=False,
                start_timeout=START_SECONDS,
                log_output=False,
                coalesce_streams=True,
                kernel_manager_class=_own_interpreter(),
                extra_arguments=["--log-level=ERROR"],  # of the kernel: it warns of TCP on every machine
            )
    except PapermillExecutionError as error:
        os.replace(part, failed)
        raise NotebookError(
            f"{notebook.name} failed in cell {error.exec_count}: {error.ename}: {error.evalue}\n"
            f"  the notebook as far as it came: {failed}"
        ) from error
    except RuntimeError as error:  # of nbclient where a kernel dies; of jupyter_client before it has begun
        part.unlink(missing_ok=True)
        raise NotebookError(
            f"the kernel of {notebook.name} died (killed, or out of memory; {error}): the same command continues where "
            "it was"
        ) from error
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        raise
    _tidy(part, parameters if shown is None else shown)
    os.replace(part, output)


def _own_interpreter() -> type:
    """Make a kernel manager whose kernels run in the interpreter of this process, whatever kernels are installed.

    The name ``python3`` alone means the first kernel of that name in Jupyter's folders, which may be another Python.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    class OwnInterpreter(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(**get_kernel_dict())

    return OwnInterpreter


def _tidy(path: Path, shown: Mapping[str, object]) -> None:
    """Drop what only this machine knows (paths, times of every cell) from an executed notebook."""
    import nbformat
    from papermill.translators import papermill_translators

    content = nbformat.read(path, as_version=4)
    record = content.metadata.get("papermill", {})
    content.metadata["papermill"] = {
        "parameters": dict(shown),
        **{key: record[key] for key in ("start_time", "end_time", "duration") if key in record},
    }
    for cell in content.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            translator = papermill_translators.find_translator("python3", "python")
            cell.source = translator.codify(shown, "Parameters")
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
    nbformat.write(content, path)
