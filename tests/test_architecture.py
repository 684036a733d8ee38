"""The rooms: imports run one way, and what needs no torch imports none."""

from __future__ import annotations

import ast
import graphlib
import itertools
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from study_utils.paths import project_root

ROOT = project_root()
SOURCE = ROOT / "src" / "study_utils"
MODULES = sorted(SOURCE.rglob("*.py"))

# room: the rooms it may import from, besides itself
ALLOWED = {
    "errors": set(),
    "paths": {"errors"},
    "plain_yaml": set(),
    "faults": set(),
    "installed": set(),
    "catalog": {"errors", "faults", "plain_yaml"},
    "params": {"catalog", "computing", "errors", "faults", "paths", "plain_yaml"},
    "store": {"errors"},
    "data": {"catalog", "errors", "installed"},
    "encoders": {"catalog", "errors"},
    "plan": {"catalog", "data", "encoders", "errors", "params", "store"},
    "budgets": {"catalog", "data", "errors", "params", "plan", "store"},
    "machine_speed": {"computing", "store"},
    "estimate": {"catalog", "computing", "encoders", "errors", "machine_speed", "plan", "store"},
    "report_names": {"errors", "params", "paths", "plan"},
    "sizing": {"analysis", "catalog", "errors", "estimate", "outcomes", "params", "plan", "store"},
    "metrics": {"catalog", "errors"},
    "device": {"computing", "errors"},
    "computing": {"errors"},
    "formats": {"catalog", "encoders", "errors", "metrics"},
    "model": {"catalog", "encoders", "errors", "formats", "store"},
    "evaluation": {"catalog", "device", "encoders", "errors", "formats", "model"},
    "training": {"catalog", "computing", "device", "encoders", "errors", "evaluation", "formats", "metrics", "model",
                 "store"},
    "perturb": {"catalog", "data", "errors"},
    "analysis": {"catalog", "errors"},
    "sentences": {"analysis", "catalog", "errors"},
    "figures": {"analysis", "catalog", "errors", "sentences"},
    "report": {"analysis", "catalog", "errors", "figures", "installed", "params", "paths", "plan", "sentences",
               "store", "study"},
    "outcomes": {"analysis", "catalog", "errors", "metrics", "params", "perturb", "plan", "store"},
    "study": {"analysis", "budgets", "catalog", "data", "errors", "estimate", "outcomes", "params", "paths", "plan",
              "report_names", "sizing", "store"},
    "archive": {"catalog", "errors", "installed", "metrics", "params", "paths", "plan", "store", "study"},
    "export": {"analysis", "catalog", "encoders", "errors", "formats", "installed", "model", "params", "paths",
               "store"},
    "runs": {"budgets", "catalog", "data", "device", "encoders", "errors", "evaluation", "metrics", "model", "perturb",
             "plan", "store", "study", "training"},
    "notebook": {"errors", "installed", "paths", "plan", "store"},
    "execute": {"analysis", "budgets", "catalog", "computing", "data", "device", "encoders", "errors", "estimate",
                "installed", "machine_speed", "notebook", "params", "paths", "plan", "report", "runs", "sentences",
                "store", "study", "workers"},
    "workers": {"device", "errors", "estimate", "plan", "store", "study"},
}  # fmt: skip


def room(path):
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("study_utils"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_run_one_way(path):
    if room(path) != "__init__":
        assert set(imported_rooms(path)) - {room(path)} <= ALLOWED[room(path)]


def test_every_room_has_its_rule():
    assert {room(path) for path in MODULES} - {"__init__"} == set(ALLOWED)


def module_name(path):
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(text, names):
    """Modules of the package that a text imports, inside functions too; a name of a package counts as the package."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in names}
        elif isinstance(node, ast.ImportFrom) and node.module in names:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & names) or {node.module}
    return found


def first_cycle(graph):
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_no_module_imports_itself_through_others():
    names = {module_name(path) for path in MODULES}
    graph = {module_name(path): imported_modules(path.read_text(encoding="utf-8"), names) for path in MODULES}
    assert len(graph["study_utils.runs.make"]) > 5
    assert first_cycle(graph) is None


def test_a_cycle_of_imports_would_be_found():
    texts = {"p.a": "def f():\n    from p.b import g", "p.b": "from p import c, a_name", "p.c": "import p.a", "p": ""}
    graph = {name: imported_modules(text, set(texts)) for name, text in texts.items()}
    assert set(first_cycle(graph)) == {"p.a", "p.b", "p.c"}


@pytest.mark.parametrize(
    "name",
    ["catalog", "params", "plan", "perturb", "store", "metrics", "analysis", "sentences", "figures", "report", "study"],
)
def test_what_readers_need_imports_no_torch(name):
    code = f"import sys, study_utils.{name}; print(sorted({{'torch', 'transformers', 'datasets'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_module_is_too_long_or_does_what_is_forbidden(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert not re.search(r"import pickle|torch\.load\(|torch\.save\(|trust_remote_code=True|yaml\.load\(", text)
    assert not re.search(r"except( Exception)?:", text)


def test_assert_messages_are_messages():
    """`assert x.shape, (n, m)` is always true: a message must be a text."""
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assert) and node.msg is not None:
                assert not isinstance(node.msg, ast.Tuple | ast.Compare), f"{path.name}:{node.lineno}"


def test_conda_users_get_the_same_environment():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    content = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, inner = content["dependencies"]
    assert python == f"python{project['requires-python']}"
    assert pip == "pip"
    assert inner["pip"] == ["-c constraints.txt", "-e .[study,test]"]
    assert set(project["optional-dependencies"]) == {"study", "monolingual", "tensorboard", "test"}


def test_every_dependency_is_pinned_without_a_platform():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    normal = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    wanted = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    for requirement in wanted:
        assert re.split(r"[><=]", requirement)[0].lower() in normal, requirement
    assert not [version for version in pins.values() if "+" in version]
