"""How a command of the book begins and ends, whichever it is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

INTERRUPTED = 130  # what a shell gives for Ctrl-C


def run(main: Callable[[], int | None]) -> NoReturn:
    """Run a command and leave with its exit code; Ctrl-C is answered by a sentence."""
    try:
        code = main()
    except KeyboardInterrupt:
        print("Interrupted. To go on, run the same command again.")
        code = INTERRUPTED
    sys.exit(code)
