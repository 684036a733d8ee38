"""Tasks made from sentences that installed packages ship: one declaration each."""

from __future__ import annotations

from study_utils.catalog.schema import StarterRows, Task

STARTER_LANGUAGES = (
    "en de nl sv da no af is es fr it pt ro ca gl ru pl cs uk bg sk sl hr sr ar he hi bn ne mr "
    "fi hu et tr fa el eu ka ko vi zh lt lv id sw ta te ur ml th ja ga cy hy mn"
).split()


def _starter(recipe: str, split: str, languages: tuple[str, ...] = ("en",)) -> StarterRows:
    return StarterRows(recipe=recipe, split=split, languages=languages)


STARTER_TASKS: tuple[Task, ...] = ()
