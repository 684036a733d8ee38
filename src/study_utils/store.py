"""What has been done: one folder a run, with a manifest that is written last.

`artifacts/runs/<run id>/` holds a run's files and `manifest.json`; `<run id>.partial/` is a run at work, with the
checkpoints that an interrupted one continues from. A folder without a manifest, or whose files differ from it, is
never used.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from study_utils.errors import StoreError

MANIFEST = "manifest.json"
MANIFEST_VERSION = 1
MARK = ".seen-"
"""How files begin by which processes on several machines tell that they see one store."""

Status = Literal["done", "stale", "missing"]


@dataclass(frozen=True)
class Store:
    """Runs on disk, addressed by id.

    Attributes
    ----------
    root : pathlib.Path
        Folder of the store; made when it is first written to.
    """

    root: Path

    @property
    def runs(self) -> Path:
        """Folder of finished and unfinished runs."""
        return self.root / "runs"

    @property
    def cache(self) -> Path:
        """Folder of what can be made anew at any time, such as decoded encoders."""
        return self.root / "cache"

    def folder(self, run_id: str) -> Path:
        """Folder of a finished run, whether or not it exists."""
        return self.runs / run_id

    def partial(self, run_id: str) -> Path:
        """Folder of a run at work."""
        return self.runs / f"{run_id}.partial"

    def status(self, run_id: str) -> Status:
        """Whether a run is done, stale (only another version of it is there) or missing.

        Sizes and times of the files are compared with the manifest; where a time differs, the content is.
        """
        if self._intact(run_id, thorough=False):
            return "done"
        return "stale" if any(self.versions(run_id)) else "missing"

    def versions(self, run_id: str) -> Iterator[str]:
        """Ids of other finished runs of the same name: made from other settings, rows or code."""
        name = run_id.rsplit("-", 1)[0]
        for other in os.listdir(self.runs) if self.runs.is_dir() else []:
            is_another = other != run_id and "." not in other[-12:] and other.rsplit("-", 1)[0] == name
            if is_another and (self.runs / other / MANIFEST).is_file():
                yield other

    def finished(self, run_ids: Iterable[str]) -> dict[str, dict]:
        """Manifests of those runs that are done; the folder is listed once, whatever is asked for."""
        there = set(os.listdir(self.runs)) if self.runs.is_dir() else set()
        return {run: self.manifest(run) for run in there.intersection(run_ids) if self._intact(run, thorough=False)}

    def devices(self, run_ids: Iterable[str]) -> Counter[str]:
        """Count on what the finished runs were made that trained or scored: device, its model and precision."""
        made = (str(facts.get("device", "")) for facts in self.finished(run_ids).values())
        return Counter(device for device in made if device)

    def manifest(self, run_id: str) -> dict:
        """Read the manifest of a finished run.

        Raises
        ------
        StoreError
            If the run isn't finished, or its manifest is damaged.
        """
        path = self.folder(run_id) / MANIFEST
        try:
            content = read_object(path)
        except FileNotFoundError:
            raise StoreError(f"run {run_id} is not finished: {path} is missing; run the stage that makes it") from None
        except ValueError as error:
            raise StoreError(f"manifest of run {run_id} is damaged ({error}): remove {path.parent}") from error
        if content.get("run") != run_id or content.get("version") != MANIFEST_VERSION:
            raise StoreError(f"{path} is the manifest of {content.get('run')!r}, not of {run_id}: remove its folder")
        return content

    def verified(self, run_id: str) -> Path:
        """Folder of a finished run after comparing every file's content with the manifest.

        Raises
        ------
        StoreError
            If the run isn't finished or a file differs. The damaged folder is moved aside (`*.damaged`), so that
            the next attempt makes it anew.
        """
        self.manifest(run_id)
        if not self._intact(run_id, thorough=True):
            aside = self.set_aside(run_id)
            raise StoreError(f"files of run {run_id} differ from its manifest: moved to {aside}; run again to redo it")
        return self.folder(run_id)

    def verified_file(self, run_id: str, name: str) -> Path:
        """One file of a finished run after comparing its content with the manifest.

        Raises
        ------
        StoreError
            As `verified`.
        """
        manifest = self.manifest(run_id)
        if name in manifest.get("not_kept", ()):
            raise StoreError(f"{name} of run {run_id} was not kept: run its study again with --keep all")
        expected = manifest["files"].get(name)
        path = self.folder(run_id) / name
        if expected is None or not path.is_file() or file_sha256(path) != expected["sha256"]:
            aside = self.set_aside(run_id)
            raise StoreError(f"{name} of run {run_id} is damaged: moved to {aside}; run again to redo it")
        return path

    def dropped(self, run_id: str) -> tuple[str, ...]:
        """Names of files that a finished run made and that were not kept; none of one that isn't finished."""
        try:
            return tuple(self.manifest(run_id).get("not_kept", ()))
        except StoreError:
            return ()

    def drop(self, run_id: str, names: Collection[str]) -> int:
        """Remove files of a finished run, which stays done: its manifest says that they are gone. Returns their bytes.

        Raises
        ------
        StoreError
            If the run isn't finished, or the folder can't be written.
        """
        manifest = self.manifest(run_id)
        gone = {name: manifest["files"].pop(name) for name in names if name in manifest["files"]}
        manifest["not_kept"] = sorted({*manifest.get("not_kept", ()), *gone})
        with writable(self.root):
            write_atomically(self.folder(run_id) / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
            for name in manifest["not_kept"]:
                (self.folder(run_id) / name).unlink(missing_ok=True)
        return sum(file["size"] for file in gone.values())

    def set_aside(self, run_id: str) -> Path:
        """Move a run's folder out of the way, unless another process has, and return where it is now."""
        aside = self.runs / f"{run_id}.damaged"
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            os.replace(self.folder(run_id), aside)
        return aside

    def _intact(self, run_id: str, *, thorough: bool) -> bool:
        folder = self.folder(run_id)
        try:
            files = self.manifest(run_id)["files"]
            for name, expected in files.items():
                stat = (folder / name).stat()
                if stat.st_size != expected["size"]:
                    return False
                same_time = stat.st_mtime_ns == expected["mtime_ns"]
                if (thorough or not same_time) and file_sha256(folder / name) != expected["sha256"]:
                    return False
        except (StoreError, OSError, KeyError, TypeError):
            return False
        return True

    def lock(self, name: str) -> FileLock:
        """Lock that one process at a time holds, on any machine that sees the store; the system frees a dead one's.

        Its file stays: who waits for a lock whose file is gone would wait for another one than who comes later.
        """
        with writable(self.root):
            (self.root / "locks").mkdir(parents=True, exist_ok=True)
        return FileLock(self.root / "locks" / f"{name}.lock")

    @contextlib.contextmanager
    def mark(self) -> Iterator[str]:
        """Keep a file in the store while the block runs; yields its name. A process that sees it sees this store."""
        with writable(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            path = self.root / f"{MARK}{os.urandom(8).hex()}"
            lock = FileLock(path)
            lock.acquire()
        try:
            yield path.name
        finally:
            path.unlink(missing_ok=True)
            lock.release()

    def _remove_dead_marks(self) -> None:
        """Remove the marks of processes that were killed: the system freed their locks."""
        for path in self.root.glob(f"{MARK}*"):
            with contextlib.suppress(Timeout), FileLock(path).acquire(timeout=0):
                path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def writing(
        self, run_id: str, facts: dict, *, whole: bool = False, waits: Callable[[], None] = lambda: None
    ) -> Iterator[Path | None]:
        """Work on a run: yields its partial folder and finishes it when the block ends without an error.

        Where another process is at work on the run, this waits until that one has ended. Yields None if the run is
        done by then, whoever made it.

        Parameters
        ----------
        run_id : str
            Run to be made. A partial folder of an interrupted attempt is handed out again.
        facts : dict
            What the manifest keeps beside the files: identity, inputs, and whatever the block adds while it works
            (JSON-able).
        whole : bool
            Whether a finished run whose weights were not kept is made again.
        waits : callable
            Called before waiting, to tell somebody.

        Raises
        ------
        StoreError
            If the disk is full or not writable.
        """
        lock = self.lock(run_id)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waits()
            lock.acquire()
        try:
            if self.status(run_id) == "done" and not (whole and self.dropped(run_id)):
                yield None
                return
            started = time.time()
            with writable(self.root):
                partial = self.partial(run_id)
                partial.mkdir(parents=True, exist_ok=True)
                yield partial
                self._finish(run_id, {"started": started, "seconds": round(time.time() - started, 3), **facts})
        finally:
            lock.release()

    def _finish(self, run_id: str, facts: dict) -> None:
        partial, folder = self.partial(run_id), self.folder(run_id)
        names = sorted(p.relative_to(partial).as_posix() for p in partial.rglob("*") if p.is_file())
        files = {}
        for name in names:
            stat = (partial / name).stat()
            digest = file_sha256(partial / name)
            files[name] = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": digest}
        content = {"version": MANIFEST_VERSION, "run": run_id, **facts, "files": files}
        write_atomically(partial / MANIFEST, json.dumps(content, indent=1, sort_keys=True))
        if folder.exists():
            self.set_aside(run_id)
        os.replace(partial, folder)
        shutil.rmtree(self.runs / f"{run_id}.damaged", ignore_errors=True)

    def check_room(self, needed: int) -> None:
        """Refuse work that the disk has no room for; what killed commands left in the way is removed.

        Parameters
        ----------
        needed : int
            Bytes that are about to be written.

        Raises
        ------
        StoreError
            If fewer bytes are free, or the folder cannot be written.
        """
        with writable(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root) as probe:
                probe.write(b"0")
            self._remove_dead_marks()
        free = shutil.disk_usage(self.root).free
        if free < needed:
            raise StoreError(
                f"the missing runs need about {needed / 1e9:.1f} GB in {self.root}, where {free / 1e9:.1f} GB are "
                "free: make room, or choose another folder with --set artifacts=DIR"
            )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content as hexadecimal text."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def code_digests() -> dict[str, str]:
    """SHA-256 of every module of this package by its path."""
    package = Path(__file__).resolve().parent
    return {p.relative_to(package).as_posix(): file_sha256(p) for p in sorted(package.rglob("*.py"))}


def read_object(path: Path) -> dict:
    """Read a JSON file that holds an object.

    Raises
    ------
    OSError
        If it can't be read.
    ValueError
        If it isn't JSON, or holds something else.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds a {type(content).__name__}, not an object")
    return content


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that a reader, or a restart after a crash, sees all of it or nothing."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Turn the errors of a full or read-only disk into a `StoreError` that says what to do."""
    try:
        yield
    except Exception as error:
        number = _system_error(error)
        if number in (errno.ENOSPC, errno.EDQUOT):
            raise StoreError(f"no room left on the disk of {folder}: make room and run again; it continues") from error
        if number in (errno.EACCES, errno.EROFS, errno.EPERM, errno.ENOTDIR):
            raise StoreError(f"cannot write in {folder} ({os.strerror(number)}): choose another folder") from error
        raise


def _system_error(error: Exception) -> int | None:
    """Number of the system's error behind an exception; safetensors tells it in words, as Rust does."""
    if isinstance(error, OSError):
        return error.errno
    told = re.search(r"\(os error (\d+)\)", str(error))
    return int(told[1]) if told else None
