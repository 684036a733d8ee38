"""Where results come from: code, versions, machine, seeds, data and times, as a small panel."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib import metadata
from pathlib import Path

LIBRARIES = (
    *("torch", "transformers", "tokenizers", "datasets", "accelerate"),
    *("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "seaborn"),
)


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Facts as (name, value) pairs; shown as a table in notebooks."""

    facts: tuple[tuple[str, str], ...]

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left;font-weight:600;white-space:nowrap;vertical-align:top;'
            f'padding:2px 12px 2px 0">{escape(name)}</th>'
            f'<td style="text-align:left;overflow-wrap:anywhere;padding:2px 0">{escape(value)}</td></tr>'
            for name, value in self.facts
        )
        return f'<table style="font-size:0.85em;border-collapse:collapse">{rows}</table>'

    def __repr__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.facts)


_NOT = ("--", ".", ":(exclude)reports")


def git_state(folder: Path) -> str:
    """Commit of a folder's repository, with ``"(with changes)"`` where files differ; ``"not known"`` without git.

    Reports don't count: the one that is made anew differs from the committed one while it is made.
    """
    try:
        answers = [
            subprocess.run(
                ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=20
            ).stdout.strip()
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no", *_NOT))
        ]
    except (OSError, subprocess.SubprocessError):
        return "not known"
    return f"{answers[0][:12]}{' (with changes)' if answers[1] else ''}"


def versions(names: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Installed versions of distributions, without importing them; those that are not installed are left out."""
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def duration(seconds: float) -> str:
    """Write a duration for people: hours and minutes, minutes and seconds, or seconds.

    >>> duration(4), duration(80), duration(4499)
    ('4 s', '1 min 20 s', '1 h 14 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def provenance(
    *,
    root: Path,
    device: str,
    seeds: Sequence[int] = (),
    fingerprints: Mapping[str, str] | None = None,
    seconds: Mapping[str, float] | None = None,
    more: Mapping[str, object] | None = None,
) -> Provenance:
    """Collect where results come from.

    Parameters
    ----------
    root : pathlib.Path
        Project folder, for the commit.
    device : str
        What computed, in words.
    seeds : sequence of int
        Seeds of the runs.
    fingerprints : mapping of str to str
        Rows in use to the fingerprint of their content.
    seconds : mapping of str to float
        Stage to measured seconds.
    more : mapping of str to object
        Further facts, shown first.
    """
    facts = [(str(name), str(value)) for name, value in (more or {}).items()]
    facts.append(("commit", git_state(root)))
    facts.append(("study-utils", versions(["study-utils"]).get("study-utils", "not installed")))
    facts.append(("Python", platform.python_version()))
    facts.append(("libraries", ", ".join(f"{name} {number}" for name, number in versions().items())))
    facts.append(("platform", f"{platform.system()} {platform.machine()}"))
    facts.append(("device", device))
    if seeds:
        facts.append(("seeds", ", ".join(map(str, seeds))))
    if fingerprints:
        facts.append(("data", ", ".join(f"{name} {value}" for name, value in fingerprints.items())))
    if seconds:
        facts.append(("duration", ", ".join(f"{name} {duration(value)}" for name, value in seconds.items())))
    return Provenance(facts=tuple(facts))
