from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time

import pytest
from filelock import Timeout
from safetensors import SafetensorError

from study_utils.errors import StoreError
from study_utils.store import Store, file_sha256, writable

RUN = "target-x-none-e5-s0-0123456789ab"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "artifacts")


def make(store, run_id=RUN, content="weights"):
    with store.writing(run_id, {"kind": "train"}) as folder:
        (folder / "model.bin").write_text(content)
        (folder / "sub").mkdir(exist_ok=True)
        (folder / "sub" / "history.txt").write_text("loss")
    return store.folder(run_id)


def test_a_finished_run_is_done_and_its_files_are_listed(store):
    assert store.status(RUN) == "missing"
    folder = make(store)
    manifest = store.manifest(RUN)
    assert store.status(RUN) == "done"
    assert set(manifest["files"]) == {"model.bin", "sub/history.txt"}
    assert manifest["files"]["model.bin"]["sha256"] == file_sha256(folder / "model.bin")
    assert manifest["kind"] == "train"
    assert store.verified(RUN) == folder
    assert not store.partial(RUN).exists()


def test_facts_added_while_working_reach_the_manifest(store):
    facts = {"kind": "train"}
    with store.writing(RUN, facts) as folder:
        (folder / "a").write_text("x")
        facts["languages_seen"] = ["en"]
    assert store.manifest(RUN)["languages_seen"] == ["en"]


def test_an_error_leaves_no_manifest_but_keeps_what_was_written(store):
    with pytest.raises(ZeroDivisionError), store.writing(RUN, {}) as folder:
        (folder / "checkpoint").write_text("step 7")
        raise ZeroDivisionError
    assert store.status(RUN) == "missing"
    with store.writing(RUN, {}) as folder:
        assert (folder / "checkpoint").read_text() == "step 7"


@pytest.mark.parametrize("damage", ["changed", "same size", "removed", "truncated", "manifest"])
def test_damage_is_noticed(store, damage):
    folder = make(store)
    path = folder / "model.bin"
    if damage == "changed":
        path.write_text("other content")
    elif damage == "same size":
        path.write_text("wEights")
    elif damage == "removed":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(b"")
    else:
        (folder / "manifest.json").write_text('{"version": 1, "run"')
    assert store.status(RUN) == "missing"
    with pytest.raises(StoreError):
        store.verified(RUN)


def test_content_changed_behind_an_unchanged_time_is_noticed_before_use(store):
    folder = make(store)
    stat = (folder / "model.bin").stat()
    (folder / "model.bin").write_text("wEights")
    os.utime(folder / "model.bin", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.status(RUN) == "done"  # the quick look compares size and time only
    with pytest.raises(StoreError, match="differ from its manifest"):
        store.verified(RUN)
    assert store.status(RUN) == "missing"
    make(store)
    assert store.status(RUN) == "done"


def test_damage_that_another_process_notices_too_is_told_alike(store, monkeypatch):
    (make(store) / "model.bin").write_text("wEights")
    intact = Store._intact

    def slower(self, run_id, *, thorough):
        found = intact(self, run_id, thorough=thorough)
        Store(store.root).set_aside(run_id)
        return found

    monkeypatch.setattr(Store, "_intact", slower)
    with pytest.raises(StoreError, match="run again to redo it"):
        store.verified(RUN)


def test_a_copied_store_whose_times_differ_is_still_done(store):
    folder = make(store)
    os.utime(folder / "model.bin", (1, 1))
    assert store.status(RUN) == "done"


def test_one_damaged_file_is_noticed_when_only_it_is_read(store):
    folder = make(store)
    assert store.verified_file(RUN, "model.bin").read_text() == "weights"
    (folder / "model.bin").write_text("wEights")
    with pytest.raises(StoreError, match="damaged"):
        store.verified_file(RUN, "model.bin")


def test_another_version_makes_a_run_stale_and_names_do_not_run_into_each_other(store):
    make(store, "target-x-none-e5-s0-aaaaaaaaaaaa")
    make(store, "target-x-none-e5-s0-2-bbbbbbbbbbbb")
    assert store.status(RUN) == "stale"
    assert store.status("target-x-none-e5-s1-0123456789ab") == "missing"
    assert store.status("target-x-none-e5-0123456789ab") == "missing"


def test_a_manifest_of_another_run_is_refused(store):
    folder = make(store)
    other = "target-x-none-e5-s0-ffffffffffff"
    folder.rename(store.folder(other))
    with pytest.raises(StoreError, match="is the manifest of"):
        store.manifest(other)
    assert store.status(other) == "missing"


WRITES = (
    "import sys, time; from pathlib import Path; from study_utils.store import Store\n"
    f"with Store(Path(sys.argv[1])).writing({RUN!r}, {{}}) as folder:\n"
    "    (folder / 'half').write_text('x'); print('ready', flush=True); time.sleep(float(sys.argv[2]))\n"
)


@pytest.mark.parametrize("killed", [False, True])
def test_a_second_writer_waits_and_then_takes_the_run_or_makes_it(store, killed):
    command = [sys.executable, "-c", WRITES, str(store.root), "60" if killed else "0.5"]
    other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "ready\n"
    with pytest.raises(Timeout):
        store.lock(RUN).acquire(timeout=0)
    with store.writing(RUN, {}, waits=other.kill if killed else lambda: None) as folder:
        assert (folder is None) != killed
    other.communicate()
    store.lock(RUN).acquire(timeout=0)
    assert list(store.manifest(RUN)["files"]) == ["half"], "of an interrupted attempt what is there is used"


@pytest.mark.parametrize("whole", [False, True])
def test_a_run_that_another_process_finished_since_one_looked_is_used(store, monkeypatch, whole):
    assert store.status(RUN) == "missing"
    lock = Store.lock

    def just_in_time(self, name):
        monkeypatch.undo()
        command = [sys.executable, "-c", WRITES, str(store.root), "0"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == "ready\n"
        return lock(self, name)

    monkeypatch.setattr(Store, "lock", just_in_time)
    with store.writing(RUN, {}, whole=whole) as folder:
        assert folder is None
    assert list(store.manifest(RUN)["files"]) == ["half"]
    assert not store.partial(RUN).exists()


@pytest.mark.parametrize("text", ["[]", "7", "null", "{", '"text"'])
def test_a_manifest_that_is_no_object_is_damage(store, text):
    folder = make(store)
    (folder / "manifest.json").write_text(text)
    assert store.status(RUN) == "missing"
    with pytest.raises(StoreError, match="is damaged"):
        store.manifest(RUN)


def test_weights_that_were_not_kept_are_told_and_leave_a_run_done(store):
    folder = make(store)
    size = (folder / "model.bin").stat().st_size
    assert store.drop(RUN, ["model.bin", "nothing"]) == size
    assert store.status(RUN) == "done"
    assert not (folder / "model.bin").exists()
    assert store.dropped(RUN) == ("model.bin",)
    with pytest.raises(StoreError, match=r"model\.bin of run .* was not kept: run its study again"):
        store.verified_file(RUN, "model.bin")
    assert store.status(RUN) == "done", "nothing is set aside"
    assert store.drop(RUN, ["model.bin"]) == 0
    with store.writing(RUN, {}) as again:
        assert again is None, "its weights are not asked for"
    with store.writing(RUN, {}, whole=True) as again:
        (again / "model.bin").write_text("x")
    assert store.dropped(RUN) == ()


def test_a_killed_writer_leaves_no_lock_and_no_finished_run(store):
    process = subprocess.Popen([sys.executable, "-c", WRITES, str(store.root), "60"], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    process.kill()
    process.communicate()
    assert store.status(RUN) == "missing"
    time.sleep(0.1)
    make(store)
    assert store.status(RUN) == "done"


@pytest.mark.parametrize(("code", "message"), [(errno.ENOSPC, "no room left"), (errno.EROFS, "choose another")])
def test_full_and_read_only_disks_get_advice(tmp_path, code, message):
    with pytest.raises(StoreError, match=message), writable(tmp_path):
        raise OSError(code, os.strerror(code))


def test_other_errors_of_the_system_pass_through(tmp_path):
    with pytest.raises(FileNotFoundError), writable(tmp_path):
        (tmp_path / "nothing").read_text()


def test_too_little_room_and_an_unwritable_folder_are_refused_before_work(store, tmp_path):
    store.check_room(1)
    with pytest.raises(StoreError, match="make room"):
        store.check_room(10**18)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write"):
        Store(tmp_path / "file" / "artifacts").check_room(1)


def test_manifest_is_readable_json_with_sorted_keys(store):
    folder = make(store)
    text = (folder / "manifest.json").read_text()
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_marks_of_killed_commands_go_and_those_of_living_ones_stay(tmp_path):
    store = Store(tmp_path)
    (tmp_path / ".seen-0123456789abcdef").touch()
    with store.mark() as name:
        store.check_room(1)
        assert os.listdir(tmp_path) == [name]
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_told_where_weights_are_written_too(tmp_path):
    told = "Error while serializing: I/O error: No space left on device (os error 28)"  # as one was
    with pytest.raises(StoreError, match="no room left"), writable(tmp_path):
        raise SafetensorError(told)
    with pytest.raises(SafetensorError, match="header"), writable(tmp_path):
        raise SafetensorError("header too large")
