"""Every declared format has all its parts."""

from importlib import import_module

import pytest

from study_utils.catalog import FORMATS, TASKS
from study_utils.catalog.formats import SHAPES
from study_utils.data import row_checks
from study_utils.metrics import METRICS

formats = pytest.mark.parametrize("key", list(FORMATS))


@formats
def test_a_format_has_a_module_with_its_steps(key):
    module = import_module(f"study_utils.formats.{FORMATS[key].module}")
    trained = any(item.format == key and item.is_trained for item in TASKS.values())
    for name in ("encode", "decode", *(("make_head", "loss") if trained else ())):
        assert callable(getattr(module, name)), name


@formats
def test_a_format_has_checks_and_metrics(key):
    for shape in FORMATS[key].shapes.values():
        assert callable(getattr(row_checks, shape.check))
        assert shape.metrics
        assert set(shape.metrics) <= set(METRICS)


def test_every_check_of_a_shape_is_declared():
    defined = {
        name
        for name, item in vars(row_checks).items()
        if name.startswith("check_") and "task" in getattr(item, "__annotations__", {})
    }
    assert defined == {shape.check for shape in SHAPES.values()}


def test_every_task_has_a_declared_shape():
    for item in TASKS.values():
        assert item.shape in FORMATS[item.format].shapes


@pytest.mark.parametrize("shape", [name for name in SHAPES if name not in ("retrieve-mine", "retrieve-rank")])
def test_fields_become_the_columns(shape):
    """Pools to mine and to rank are made of other fields."""
    declared = SHAPES[shape]
    assert {*declared.needed, *declared.optional} == {"id", *declared.columns}
