"""What the documents say: short, with links that lead somewhere and commands that are understood."""

from __future__ import annotations

import re
import shlex

import pytest
from run_all import main

from study_utils.paths import project_root

ROOT = project_root()
DOCUMENTS = sorted(ROOT.glob("*.md"))
COMMANDS = re.compile(r"^ *python run_all\.py (.+?)(?:  +#.*)?$", re.M)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_readme_is_two_screens_and_shows_one_picture():
    text = text_of("README.md")
    assert len(text.splitlines()) <= 100
    assert len(re.findall(r"!\[[^\]]{40,}\]", text)) == 1, "with words for those who don't see it"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_lead_to_files_and_headings(document):
    text = document.read_text(encoding="utf-8")
    for target, heading in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
        path = document.parent / target if target else document
        assert path.exists(), f"{document.name} leads to {target}"
        if heading:
            titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
            assert heading in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


@pytest.mark.parametrize("name", ["README.md", "USAGE.md", "CLUSTER.md"])
def test_commands_are_understood(name, capsys):
    for command in COMMANDS.findall(text_of(name)):
        if command == "--help":
            continue
        parts = [part for part in shlex.split(command) if part != "--plan"]
        given = parts if "--list" in parts else [*parts, "--list", "studies"]
        assert main(given) == 0, f"{command}: {capsys.readouterr().err}"


def test_a_figure_is_drawn_again_as_the_page_on_use_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.+?)```", text_of("USAGE.md"), re.S)[1], {})
    assert (tmp_path / "task_gains.svg").stat().st_size > 1000
