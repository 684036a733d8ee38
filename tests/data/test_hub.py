"""The hub path against a server on the loopback, and what is said when there is no hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_server import serve_hub
from mirrors import NLI_COLUMNS, hub_rows, make_task, nli, write_data_set

from study_utils.catalog import FolderRows
from study_utils.data import hub
from study_utils.data.sources import load_rows

EN = [("A cat.", "It sleeps.", 0), ("A dog.", "It runs.", 1)]
ROWS = [["0", "en", "A cat.", "It sleeps.", "entailment"], ["1", "en", "A dog.", "It runs.", "neutral"]]
CLIENT = Path(__file__).with_name("hub_client.py")

MODULES = ("caps", "check", "columns", "describe", "hub", "leakage", "loading", "mirror", "pools", "rows", "sources")

Ask = Callable[..., dict]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Load from a hub in a fresh process that shares one cache folder within a test."""

    def run(endpoint: str, *, config="eng", split="test", hub_id="org/nli", mirror="", offline=False) -> dict:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        environment |= {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": endpoint}
        environment |= {"HF_HUB_OFFLINE": "1"} if offline else {}
        command = [sys.executable, str(CLIENT), config, split, hub_id, mirror]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert "%|" not in done.stderr  # no progress bars
        return json.loads(done.stdout)

    return run


def test_rows_from_the_hub_then_offline_from_its_cache(tmp_path: Path, ask: Ask) -> None:
    write_data_set(tmp_path / "hub", "org/nli", {("eng", "test"): nli(EN), ("deu", "test"): nli(EN[:1])})
    with serve_hub(tmp_path / "hub") as (endpoint, requests):
        answer = ask(endpoint)
        assert answer["rows"] == ROWS
        assert answer["digest"] == {"kind": "hub", "hub_id": "org/nli", "revision": "v1"}
        assert any(request.endswith("/revision/v1") for request in requests)  # as it is declared
        assert not any("/main/" in request for request in requests)
        count = len(requests)
        assert ask(endpoint, offline=True)["rows"] == ROWS
        assert len(requests) == count
        error = ask(endpoint, offline=True, config="deu")["digest_error"]  # never loaded: refused before any work
        assert "HF_HUB_OFFLINE" in error
        assert "config 'deu'" in error


def test_what_the_hub_does_not_have(tmp_path: Path, ask: Ask) -> None:
    write_data_set(tmp_path / "hub", "org/nli", {("eng", "test"): nli(EN), ("eng", "train"): nli(EN)})
    with serve_hub(tmp_path / "hub") as (endpoint, _):
        for asked, said in (
            ({"config": "engl"}, "'eng'"),
            ({"split": "dev"}, "unknown split 'dev'"),
            ({"hub_id": "org/none"}, "RepositoryNotFoundError"),
        ):
            error = ask(endpoint, **asked)["rows_error"]
            assert said in error
            assert "hf download" in error
            for value in asked.values():
                assert repr(value) in error


def test_a_data_set_whose_card_has_no_configs(tmp_path: Path, ask: Ask) -> None:
    (tmp_path / "hub/org/nli/data").mkdir(parents=True)
    (tmp_path / "hub/org/nli/README.md").write_text("# no head\n")
    (tmp_path / "hub/org/nli/data/test.tsv").write_text('premise\thypothesis\tlabel\n"A\tB\tneutral\nC"\tD\tneutral\n')
    (tmp_path / "hub/org/nli/data/train.tsv").write_text("premise\thypothesis\tlabel\n")
    with serve_hub(tmp_path / "hub") as (endpoint, _):
        rows = [["0", "en", '"A', "B", "neutral"], ["1", "en", 'C"', "D", "neutral"]]
        assert ask(endpoint, config="default")["rows"] == rows
        assert ask(endpoint, config="default", offline=True)["rows"] == rows
        assert "unknown split 'dev'" in ask(endpoint, config="default", split="dev")["rows_error"]


def test_what_was_interrupted_is_not_taken_for_the_whole(tmp_path: Path, ask: Ask) -> None:
    """A split of two files of which one has been fetched: switched off, the hub doesn't have it."""
    folder = write_data_set(tmp_path / "hub", "org/nli", {("eng", "test"): nli(EN)}, infos=False)
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: eng\n  data_files:\n  - split: test\n    path: eng/*\n"
        "- config_name: one\n  data_files:\n  - split: test\n    path: eng/test-*\n---\n"
    )
    (folder / "eng/more.parquet").write_bytes((folder / "eng/test-00000-of-00001.parquet").read_bytes())
    with serve_hub(tmp_path / "hub") as (endpoint, _):
        assert len(ask(endpoint, config="one")["rows"]) == 2
        assert "switched off" in ask(endpoint, config="eng", offline=True)["rows_error"]
        assert len(ask(endpoint, config="eng")["rows"]) == 4


FILES = {
    "t.tsv": 'premise\thypothesis\tlabel\n"A\tNA\tneutral\nC"\tD\tentailment\n',
    "t.csv": '\ufeffpremise,hypothesis,label\r\n"""A",NA,neutral\r\n"C""",D,entailment\r\n',
    "t.jsonl": '{"premise": "\\"A", "hypothesis": "NA", "label": "neutral"}\n'
    '{"hypothesis": "D", "label": "entailment", "premise": "C\\"", "more": 1}\n',
    "t.json": '[{"premise": "\\"A", "hypothesis": "NA", "label": "neutral"},'
    ' {"premise": "C\\"", "hypothesis": "D", "label": "entailment"}]',
}


@pytest.mark.parametrize("name", FILES)
def test_one_reading_from_folder_mirror_and_hub(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mirror/org/nli"
    folder.mkdir(parents=True)
    (folder / name).write_text(FILES[name], encoding="utf-8", newline="")
    head = f"---\nconfigs:\n- config_name: eng\n  data_files:\n  - split: test\n    path: {name}\n---\n"
    (folder / "README.md").write_text(head, encoding="utf-8")
    asked = []
    monkeypatch.setattr(hub, "fetch", lambda hub_id, revision, names: asked.append((hub_id, revision, names)) or folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    declared = hub_rows("org/nli", "test", {"en": "eng"}, NLI_COLUMNS)
    places = {
        "hub": (declared, None, ("hub",)),
        "mirror": (declared, tmp_path / "mirror", ("mirror",)),
        "folder": (FolderRows(folder=str(folder), files={"en": name}, columns=NLI_COLUMNS), None, ("mirror",)),
    }
    for kind, (rows, mirror, sources) in places.items():
        task = make_task("classify", rows)
        found = load_rows(task, "test", languages=("en",), mirror=mirror, sources=sources)
        assert found.attrs["source"] == kind
        assert found[["text", "text_pair", "label"]].to_numpy().tolist() == [
            ['"A', "NA", "neutral"],
            ['C"', "D", "entailment"],
        ]
    assert asked == [("org/nli", "v1", ("README.md",)), ("org/nli", "v1", ("README.md", name))]


def test_hub_switched_off(ask: Ask, tmp_path: Path) -> None:
    answer = ask("http://127.0.0.1:9", offline=True, mirror=str(tmp_path / "mirror"))
    for name in ("digest", "rows"):
        error = answer[f"{name}_error"]
        assert "data set 'org/nli', config 'eng', split 'test'" in error
        assert f"no folder {tmp_path / 'mirror'}" in error
        assert "hub: switched off (HF_HUB_OFFLINE)" in error
        assert f"hf download org/nli --repo-type dataset --revision v1 --local-dir {tmp_path}/mirror/org/nli" in error
        assert answer[f"{name}_seconds"] < 2


def test_hub_out_of_reach(ask: Ask) -> None:
    answer = ask("http://127.0.0.1:9")  # nothing listens there
    assert answer["digest"]["kind"] == "hub"
    assert "Looked in hub: ConnectError: " in answer["rows_error"]
    assert "hf download org/nli" in answer["rows_error"]
    assert answer["rows_seconds"] < 10


def test_import_is_light() -> None:
    """Planning a study needs neither torch nor datasets."""
    modules = ", ".join(f"study_utils.data.{name}" for name in MODULES)
    heavy = ("torch", "datasets", "transformers", "django", "hassil")
    code = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
