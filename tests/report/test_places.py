"""Folders of a machine in a report's texts."""

from pathlib import Path

import pytest

from study_utils.report.places import machine_places, without_places

PLACES = {"/home/ann/study/store": "artifacts", "/home/ann/study": ".", "/home/ann": "~", "/tmp": "…"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/ann/study/params/x.yaml", "./params/x.yaml"),
        ("in '/home/ann/study/store/runs'", "in 'artifacts/runs'"),
        ("/home/ann/other and /home/anna", "~/other and /home/anna"),
        (r'"a\n/tmp/k.py:1: Warning"', r'"a\n…/k.py:1: Warning"'),
        ("https://x.org/tmp/a, a/tmp/b, /tmp-2", "https://x.org/tmp/a, a/tmp/b, /tmp-2"),
        ('"image/png": "A+/tmp/B", "x": "/tmp/y"', '"image/png": "A+/tmp/B", "x": "…/y"'),
    ],
)
def test_a_folder_is_told_from_where_it_is_known(text, shown):
    assert without_places(text, PLACES) == shown


def test_inner_folders_come_first_and_links_are_followed(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    places = machine_places(link, {"store": "artifacts", "/": "never", "": "never", str(Path("/data/m")): "mirror"})
    assert places[str(link)] == places[str(real)] == "."
    assert places[str(link / "store")] == "artifacts"
    assert places["/data/m"] == "mirror"
    assert "/" not in places
    assert [len(place) for place in places] == sorted((len(place) for place in places), reverse=True)
