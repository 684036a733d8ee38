"""Worker processes of runs side by side."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import psutil

PARENT = """
import concurrent.futures, multiprocessing, os, time
from study_utils.execute.stage import end_with_parent

def work(place):
    open(place, "w").write(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context, initializer=end_with_parent) as pool:
        pool.submit(work, {place!r}).result()
"""


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def within(seconds: float, condition) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_worker_ends_when_its_parent_is_killed(tmp_path):
    place, script = tmp_path / "pid", tmp_path / "parent.py"
    script.write_text(PARENT.format(place=str(place)))
    parent = subprocess.Popen([sys.executable, str(script)])
    try:
        assert within(60, lambda: place.exists() and place.read_text())
        worker = int(place.read_text())
        assert is_running(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert within(20, lambda: not is_running(worker)), "it would go on for a minute"
    finally:
        parent.kill()
