"""A smoke run: every number of rows that a study asks for, cut."""

from __future__ import annotations

from typing import Any

from study_utils.params.stages import AnalysisParams, EvaluationParams, IntermediateParams, TargetParams

_PARTS = {
    "intermediate": IntermediateParams,
    "target": TargetParams,
    "evaluation": EvaluationParams,
    "analysis": AnalysisParams,
}
_ALWAYS = {
    "intermediate": ("examples", "validation_examples"),
    "target": ("examples", "validation_examples", "few_shot"),
    "evaluation": ("examples",),
    "analysis": ("divergence_examples",),
}
"""Part of a study to its numbers of rows, which are cut whether they are set or not."""

_WHERE_SET = {
    "intermediate": ("mlm_examples",),
    "tasks": ("examples", "validation_examples", "few_shot", "test_examples"),
}
"""Numbers of rows that are cut where they are set: else others, which are cut, stand for them. `tasks`: of each one."""

FEWEST = {"divergence_examples": 10}
"""Smallest numbers that are allowed, where that isn't 1."""


def limited(content: Any) -> Any:
    """Cut every number of rows in a parameter file's fields to its `limit`, and say so in the banner.

    What has no such limit, or isn't a parameter file's fields, is given back as it is: validation names its faults.
    """
    limit = content.get("limit") if isinstance(content, dict) else None
    if type(limit) is not int or limit < 1:
        return content
    content = dict(content)
    for part, fields in _ALWAYS.items():
        usual = {field: _PARTS[part].model_fields[field].default for field in fields}
        content[part] = _cut(content.get(part, {}), fields, limit, usual=usual)
    content["intermediate"] = _cut(content["intermediate"], _WHERE_SET["intermediate"], limit)
    if isinstance(own := content.get("tasks"), dict):
        content["tasks"] = {key: _cut(settings, _WHERE_SET["tasks"], limit) for key, settings in own.items()}
    said = f"Smoke run on at most {limit} rows of everything: it shows that the study works; its numbers mean nothing."
    content["banner"] = f"{said} {content.get('banner', '')}".strip()
    return content


def _cut(part: Any, fields: tuple[str, ...], limit: int, *, usual: dict[str, Any] | None = None) -> Any:
    """Cut some fields of a part; `usual` are the numbers (None: all rows) of those that aren't set and are cut too."""
    if not isinstance(part, dict):
        return part
    cut = {}
    for field in fields:
        most, asked = max(limit, FEWEST.get(field, 1)), part.get(field)
        asked = usual[field] if asked is None and usual else asked
        if (asked is None and usual) or (type(asked) is int and asked > most):
            cut[field] = most
    return {**part, **cut}
