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
from mirrors import nli, write_data_set

EN = [("A cat.", "It sleeps.", 0), ("A dog.", "It runs.", 1)]
ROWS = [["0", "en", "A cat.", "It sleeps.", "entailment"], ["1", "en", "A dog.", "It runs.", "neutral"]]
CLIENT = Path(__file__).with_name("hub_client.py")

MODULES = ("caps", "check", "columns", "describe", "leakage", "loading", "mirror", "pools", "rows", "sources")

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
        assert any("/v1/" in request for request in requests)  # at the declared revision
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
            ({"split": "dev"}, 'Unknown split "dev"'),
            ({"hub_id": "org/none"}, "DatasetNotFoundError"),
        ):
            error = ask(endpoint, **asked)["rows_error"]
            assert said in error
            assert "hf download" in error
            for value in asked.values():
                assert repr(value) in error


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
