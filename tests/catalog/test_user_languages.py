"""A user's own languages: in a tasks file, used like those of the language table, never contradicting it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from study_utils.analysis.results.tables import join_languages
from study_utils.catalog import CONDITIONS, ENCODERS, LANGUAGES, TASKS, language_table
from study_utils.catalog.user_tasks import enter_tasks
from study_utils.data.check import main
from study_utils.errors import ParameterError
from study_utils.params import load_params
from study_utils.paths import project_root
from study_utils.plan import make_plan

PIDGIN = {"name": "Tok Pisin", "family": "Indo-European", "branch": "Germanic", "script": "Latn", "xlmr_seen": False}
BRAZIL = {"name": "Portuguese (Brazil)", "family": "Indo-European", "branch": "Italic", "script": "Latn"}


@pytest.fixture(autouse=True)
def _catalogue_as_it_was():
    before = [(now, dict(now)) for now in (TASKS, CONDITIONS, LANGUAGES, ENCODERS)]
    yield
    for now, then in before:
        now.clear()
        now.update(then)


def write(place: Path, languages: dict, **more: object) -> Path:
    path = place / "own.yaml"
    path.write_text(yaml.safe_dump({"languages": languages, **more}), encoding="utf-8")
    return path


@pytest.fixture
def study(tmp_path: Path) -> str:
    lines = [f"text {n} {code},{'yes' if n % 2 else 'no'}" for n in range(4) for code in ("en", "tpi", "pt-BR")]
    for code in ("en", "tpi", "pt-BR"):
        rows = [line for line in lines if f" {code}," in line]
        (tmp_path / f"{code}.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    task = {
        **dict(title="T", format="classify", labels=["no", "yes"], metric="accuracy", licence="l", citation="c"),
        **dict(folder=".", columns={"text": "text", "label": "label"}, test={"tpi": "tpi.csv", "pt-BR": "pt-BR.csv"}),
        **dict(train={"en": "en.csv"}, validation={"en": "en.csv"}),
    }
    write(tmp_path, {"tpi": PIDGIN, "pt-BR": BRAZIL}, tasks={"mine": task})
    fields = dict(title="t", encoders=["e5_small"], conditions=["none"], targets=["mine"], seeds=[0])
    path = tmp_path / "study.yaml"
    own = {"mine": {"source": "e5_small", "seen": ["deu", "tpi"]}}
    path.write_text(yaml.safe_dump(fields | {"tasks_from": ["own.yaml"], "own_encoders": own}), encoding="utf-8")
    return str(path)


def test_a_study_scores_them_and_reports_know_their_family(study: str, tmp_path: Path) -> None:
    arguments = ["check", "--tasks-from", str(tmp_path / "own.yaml"), "--allow-overlap", "mine"]
    assert main(arguments) == 0
    params = load_params(study, {"tasks.mine.languages": ["tpi"], "languages": ["pt-BR", "tpi"]})
    assert params.task_languages("mine") == ("tpi",)
    assert load_params(study).task_languages("mine") == ("pt-BR", "tpi")
    assert ENCODERS["mine"].seen == ("de", "tpi")
    table = language_table()
    assert table.loc["pt-BR", ["name", "family", "script", "xlmr_seen"]].tolist() == [
        *list(BRAZIL.values())[:2],
        "Latn",
        "",
    ]
    assert table.loc["de", "name"] == "German"
    scores = table.loc[["tpi", "pt-BR", "de"], ["code"]].rename(columns={"code": "language"}).assign(encoder="e5_small")
    facts = join_languages(scores.reset_index(drop=True))
    assert facts["family"].tolist() == ["Indo-European"] * 3
    assert facts["seen"].tolist()[::2] == [False, True]
    assert facts["seen"].isna().tolist() == [False, True, False]


def test_the_script_is_in_the_id_for_it_says_how_words_are_cut(study: str, tmp_path: Path) -> None:
    before = [run for run in make_plan(load_params(study)).runs if run.startswith("data-mine-test")]
    for now in (TASKS, LANGUAGES):
        for key in ("mine", "tpi", "pt-BR"):
            now.pop(key, None)
    path = tmp_path / "own.yaml"
    path.write_text(path.read_text().replace("script: Latn", "script: Thai"), encoding="utf-8")
    after = [run for run in make_plan(load_params(study)).runs if run.startswith("data-mine-test")]
    assert len(before) == len(after) == 1
    assert before != after


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    text = (project_root() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(re.search(r"```yaml\n(languages:\n.*?)```", text, flags=re.DOTALL).group(1), encoding="utf-8")
    assert enter_tasks(path) == ()
    assert (LANGUAGES["tpi"].xlmr_seen, LANGUAGES["tpi"].mbert_seen) == (False, None)
    assert LANGUAGES["pt-BR"].name == "Portuguese (Brazil)"


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, {"tpi": PIDGIN})
    assert enter_tasks(path) == enter_tasks(path) == ()
    write(tmp_path, {"tpi": PIDGIN | {"family": "Austronesian"}})
    with pytest.raises(ParameterError, match="language 'tpi' is declared twice"):
        enter_tasks(path)


@pytest.mark.parametrize(
    ("code", "changes", "said"),
    [
        ("de", {}, "language 'de' is in the language table"),
        ("deu", {}, "language 'deu' is 'de' in the language table"),
        ("swa", {}, "language 'swa' is 'sw' in the language table"),
        ("german", {}, "languages.german: a code is ISO 639-1 or 639-3"),
        ("PT", {}, "a code is ISO 639-1"),
        ("a/b", {}, "a code is ISO 639-1"),
        ("tpi", {"script": "Latin"}, "languages.tpi.script: a script is its four letters"),
        ("tpi", {"family": ""}, "languages.tpi.family"),
        ("tpi", {"family": None}, "languages.tpi.family"),
        ("tpi", {"scirpt": "Latn"}, "unknown field 'scirpt'. Did you mean 'script'"),
        ("tpi", {"xlmr_seen": "no"}, "languages.tpi.xlmr_seen"),
        ("tpi", {"seen": True}, "unknown field 'seen'. Did you mean"),
    ],
)
def test_what_contradicts_or_is_not_complete_is_refused(tmp_path: Path, code: str, changes: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(said)):
        enter_tasks(write(tmp_path, {code: PIDGIN | changes}))
    assert "tpi" not in LANGUAGES
