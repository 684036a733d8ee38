"""What makes the project installable and citable elsewhere: lock file, container, continuous integration, citation."""

from __future__ import annotations

import re
import subprocess
import tomllib

import yaml

from study_utils.paths import project_root
from study_utils.workers import KEPT_MEMORY

ROOT = project_root()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked():
    """Package to its version and the hashes that the lock file allows."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        name, version = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", line).groups()
        found[plain(name)] = version, re.findall(r"--hash=sha256:([0-9a-f]{64})(?!\S)", line)
    return found


def test_the_lock_file_holds_every_tested_version_with_hashes():
    lock = locked()
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    told = {plain(name): version for name, version in tested.items()}
    assert {name: lock[name][0] for name in told if name in lock} == told, "run make lock"
    wanted = [*PROJECT["dependencies"], *(r for group in PROJECT["optional-dependencies"].values() for r in group)]
    assert {plain(re.split(r"[><=\[]", requirement)[0]) for requirement in wanted} <= set(lock), "run make lock"
    assert all(hashes for _, hashes in lock.values())


def test_the_lock_file_names_no_place_of_a_machine():
    assert not re.search(r"file:|https?:|^-", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M)


def commands_of_the_readme():
    block = re.search(r"## Two commands.+?```\n(.+?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)[1]
    return [line.split("#")[0].strip() for line in block.splitlines()]


def test_continuous_integration_runs_the_two_commands_of_the_readme():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["commands"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
    assert commands_of_the_readme() == ["make study", "make test"]
    for command in commands_of_the_readme():
        assert any(step.startswith(command) for step in steps), command
    assert job["env"]["STUDY_UTILS_BROWSER"] == "required"
    low, high = job["strategy"]["matrix"]["python"][0], job["strategy"]["matrix"]["python"][-1]
    assert PROJECT["requires-python"] == f">={low},<3.{int(high.split('.')[1]) + 1}"


def test_the_container_installs_the_lock_file_and_runs_the_first_command():
    text = (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in text
    assert 'CMD ["make", "study"]' in text
    assert (ROOT / ".containerignore").read_bytes() == (ROOT / ".dockerignore").read_bytes()


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_scripts_for_clusters_start_workers_that_a_study_takes():
    script = ROOT / "cluster" / "slurm.sh"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    parts = list(yaml.safe_load_all((ROOT / "cluster" / "kubernetes.yaml").read_text(encoding="utf-8")))
    pods = {part["metadata"]["name"]: part["spec"]["template"]["spec"] for part in parts if "template" in part["spec"]}
    assert set(pods) == {"study-scheduler", "study-worker", "study"}
    worker = pods["study-worker"]["containers"][0]
    for text in (script.read_text(encoding="utf-8"), " ".join(worker["command"])):
        assert "--nthreads 1 --memory-limit 0" in text, "one run at a time, and no limit that ends it in the middle"
    told = (ROOT / "CLUSTER.md").read_text(encoding="utf-8")
    assert KEPT_MEMORY.items() <= {(entry["name"], entry["value"]) for entry in worker["env"]}
    for name, value in KEPT_MEMORY.items():
        assert f"{name}={value}" in script.read_text(encoding="utf-8")
        assert f"{name}={value}" in told
    assert "run_all.py" in pods["study"]["containers"][0]["command"]
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for name in ("study", "study-worker")
        for volume in pods[name]["volumes"]
    }
    assert claims == {part["metadata"]["name"] for part in parts if part["kind"] == "PersistentVolumeClaim"}
