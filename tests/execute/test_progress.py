"""Progress bars never go back, never go past their end, and weigh runs by their expected time."""

import io

import pytest

from study_utils.execute.progress import (
    STEPS,
    Meter,
    clock,
    time_left,
)


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr("study_utils.execute.progress.is_watched", lambda: True)


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("weights", [(0.1,) * 7, (1 / 3, 2 / 7, 1e-9, 41.7), (12.34567, 0.005)])
def test_a_meter_ends_exactly_at_its_end(weights, capsys):
    meter = Meter({f"run{i}": w for i, w in enumerate(weights)}, title="stage")
    for run in meter.weights:
        for share in (0.1, 0.7, 0.99, 1.0, 1.0):
            meter.update(run, share)
            assert meter.bar.n <= STEPS
    assert meter.bar.n == STEPS
    meter.close()
    assert "100%" in capsys.readouterr().err


@pytest.mark.usefixtures("drawn")
def test_runs_are_weighed_by_their_expected_time():
    meter = Meter({"long": 90.0, "short": 10.0}, title="stage")
    meter.update("short", 1.0)
    assert meter.bar.n == pytest.approx(0.1 * STEPS, abs=1)
    meter.update("long", 0.5)
    assert meter.bar.n == pytest.approx(0.55 * STEPS, abs=1)
    meter.update("long", 0.2)
    assert meter.bar.n == pytest.approx(0.55 * STEPS, abs=1), "a bar never goes back"
    assert meter.shares == {"long": 0.5, "short": 1.0}
    meter.close()


@pytest.mark.usefixtures("drawn")
def test_a_bar_says_how_many_are_done_and_which_is_at_work():
    meter = Meter({"train-a-0123": 10.0, "05_families": 10.0}, title="study")
    meter.update("train-a-0123", 1.0)
    meter.update("05_families", 0.25, "cell 3")
    assert meter.bar.postfix.endswith(" left, 1/2 done, 05_families cell 3")
    meter.update("train-a-0123", 1.7)
    assert meter.bar.n == int(0.625 * STEPS), "no more than all of it"
    meter.close()


def test_in_a_pipe_there_is_a_line_a_minute_and_no_bar(monkeypatch):
    now, pipe = [0.0], io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    monkeypatch.setattr("study_utils.execute.progress.time.monotonic", lambda: now[0])
    meter = Meter({"run-a-1": 600.0}, title="study")
    for second in range(150):
        now[0] = float(second)
        meter.update("run-a-1", second / 600, "loss 1")
    meter.close()
    assert pipe.getvalue().splitlines() == [
        "study 10%, 09:00 left, 0/1 done, run-a loss 1",
        "study 20%, 08:00 left, 0/1 done, run-a loss 1",
    ]


def test_the_time_left_trusts_the_estimate_first_and_the_clock_later():
    assert time_left(0, 600, 0) == 600, "nothing known but the estimate"
    assert time_left(1, 600, 60) == pytest.approx(599 * 120 / 61), "a short run that took long says little"
    assert time_left(300, 600, 600) == pytest.approx(300 * 660 / 360), "half of it took twice its time"
    assert time_left(600, 600, 50) == 0
    assert time_left(0, 0, 3) == 0
    assert time_left(700, 600, 50) == 0, "more work than expected"


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00"), (59.6, "01:00"), (3599, "59:59"), (7322, "2:02:02")])
def test_a_clock_has_hours_only_where_there_are_some(seconds, text):
    assert clock(seconds) == text
