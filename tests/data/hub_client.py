"""Load a toy task in a process of its own, as the hub client reads its settings when it is imported."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from mirrors import NLI_COLUMNS, hub_rows, make_task

from study_utils.data.sources import load_rows, source_digest
from study_utils.errors import StudyError


def main(config: str, split: str, hub_id: str, mirror: str) -> None:
    task = make_task("classify", hub_rows(hub_id, split, {"en": config}, NLI_COLUMNS))
    asked = {"languages": ("en",), "mirror": Path(mirror) if mirror else None, "sources": ("mirror", "hub")}
    answer = {}
    for name, call in (("digest", source_digest), ("rows", load_rows)):
        start = time.perf_counter()
        try:
            found = call(task, "test", **asked)
            answer[name] = found if name == "digest" else found.to_numpy().tolist()
        except StudyError as error:
            answer[f"{name}_error"] = str(error)
        answer[f"{name}_seconds"] = time.perf_counter() - start
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
