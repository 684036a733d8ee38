"""Progress with time left, over all runs and notebooks of a command.

Work is weighed in expected seconds, so that the time left doesn't jump when short and long runs alternate.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Mapping
from datetime import timedelta

from tqdm import tqdm

# bars are text here, so that they stay readable in executed notebooks; some library asks for widgets on import
warnings.filterwarnings("ignore", message="IProgress not found")

EVERY, PIPED = 0.5, 60.0
"""Seconds between two updates of a bar, and between two lines where none can be drawn."""

STEPS = 100_000
"""Steps of every bar: whole numbers, because tqdm complains of a bar that rounding takes past its end."""


TRUST = 0.1
"""Share of the work by whose end the time gone counts as much as the estimate for the time left."""

BAR = "{desc} {percentage:3.0f}% |{bar:24}| {elapsed} gone{postfix}"
"""Layout of every bar; the time left is in what `Meter` writes behind it."""


def is_watched() -> bool:
    """Whether a bar can be drawn: on a terminal, or in a notebook; a file or a pipe would hold each state of it."""
    return sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel")


def time_left(done: float, total: float, gone: float) -> float:
    """Seconds that a piece of work still takes.

    The estimate for what is left is corrected by how the time gone compares with the estimate for what is done: little
    at first, when a few short runs would say anything, and more and more.

    Parameters
    ----------
    done, total : float
        Expected seconds of what is done, and of everything.
    gone : float
        Seconds since the beginning.
    """
    if total <= 0:
        return 0.0
    return max(0.0, total - done) * (gone + TRUST * total) / (done + TRUST * total)


def clock(seconds: float) -> str:
    """Seconds as hours:minutes:seconds, without leading zero hours."""
    text = str(timedelta(seconds=round(seconds)))
    return text.removeprefix("0:")


class Meter:
    """How far runs and notebooks are: a bar where one can be drawn, else a line every `PIPED` seconds.

    Parameters
    ----------
    weights : mapping of str to float
        Run id, or name of a notebook, to expected seconds, for every one to be made; nothing is shown if there is none.
    title : str
        Begins every line.
    """

    def __init__(self, weights: Mapping[str, float], *, title: str) -> None:
        self.weights = {name: max(0.01, seconds) for name, seconds in weights.items()}
        self.shares, self.title = dict.fromkeys(self.weights, 0.0), title
        self.begun = self.told = time.monotonic()
        hidden = not self.weights or not is_watched()
        self.bar = tqdm(total=STEPS, desc=title, bar_format=BAR, mininterval=EVERY, file=sys.stderr, disable=hidden)

    def update(self, name: str, share: float, note: str = "") -> None:
        """Record the finished share (0 to 1) of a run or notebook, and show all; a bar never goes back."""
        self.shares[name] = min(1.0, max(self.shares[name], share))
        finished = sum(value >= 1.0 for value in self.shares.values())
        done = sum(self.shares[name] * weight for name, weight in self.weights.items())
        total, now = sum(self.weights.values()), time.monotonic()
        left = clock(time_left(done, total, now - self.begun))
        text = f"{left} left, {finished}/{len(self.shares)} done, {name.rsplit('-', 1)[0]} {note}".strip()
        if not self.bar.disable:
            self.bar.set_postfix_str(text, refresh=False)
            self.bar.update(max(0, int(STEPS * min(1.0, done / total)) - self.bar.n))
        elif not is_watched() and now - self.told >= PIPED:
            self.told = now
            print(f"{self.title} {done / total:.0%}, {text}", file=sys.stderr, flush=True)

    def write(self, message: str) -> None:
        """Print a line beside the bar."""
        self.bar.write(message)
        sys.stdout.flush()

    def close(self) -> None:
        """Draw the last state."""
        self.bar.close()
