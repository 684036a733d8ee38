"""Command line of `study_utils.data.check`."""

from __future__ import annotations

import sys

from study_utils.data.check import main
from study_utils.installed import status_of

if __name__ == "__main__":
    sys.exit(status_of(main))
