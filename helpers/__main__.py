"""The command `python -m helpers audit FILE`: what the book says of a network in a file."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers import audit
from helpers.dynamics.activations import ACTIVATIONS
from helpers.networks.readers.questions import Question

ABOUT = """\
Say everything that the book can say of a trained recurrent network. The file may be one of this
book, another npz, a Keras model (.h5, .hdf5, .keras), a torch state dict (.pt, .pth; torch need
not be installed), safetensors, or MATLAB 5. Nothing in it is executed.

What a file does not say is asked for: the two forms are
  activity    h <- (1 - alpha) h + alpha sigma(W h + B x + b)      the book's
  activation  v <- (1 - alpha) v + alpha (W sigma(v) + B x + b)    PsychRNN and many others
with alpha = step / time constant. A SimpleRNN says it all itself, an nn.RNN all but --activation.
What the book's messages call parts={"w": "x"}, ignore=("y",), layer=0 is here
--part w=x, --ignore y, --layer 0.

examples:
  python -m helpers audit model.pt --form activation --alpha 0.1 --activation relu
  python -m helpers audit model.hdf5 --html report.html
  python -m helpers audit model.npz --form activity --alpha 0.2 --activation tanh --json
  python -m helpers audit low-rank.pt --form activation --alpha 0.2 --activation tanh --scale 1/N
"""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
READING = ("activation", "form", "alpha", "delta", "scale", "layer")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(prog="python -m helpers", description="The book's commands.")
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser(
        "audit", description=ABOUT, help="say what the book knows of a network in a file",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    _options(one)
    return top


def _options(one: argparse.ArgumentParser) -> None:
    one.add_argument("file", type=Path, help="the file")
    one.add_argument("--form", choices=("activity", "activation"), help="where W stands")
    one.add_argument("--activation", choices=sorted(ACTIVATIONS), help="sigma")
    one.add_argument("--alpha", type=float, help="the leak of a step, step / time constant")
    one.add_argument("--delta", type=float, help="the time of a step; default: alpha")
    one.add_argument("--scale", help='what multiplies m n\' of a low-rank file: "1/N" or a number')
    one.add_argument("--layer", help="which of several layers")
    one.add_argument("--part", action="append", default=[], metavar="PART=NAME",
                     help="the name in the file of w, omega, b, ...; may be repeated")  # fmt: skip
    one.add_argument("--ignore", action="append", default=[], metavar="NAME",
                     help="a name in the file that may be dropped; may be repeated")  # fmt: skip
    one.add_argument("--html", type=Path, metavar="PAGE", help="write one page that needs no other")
    one.add_argument("--json", action="store_true", help="print JSON for programs")
    one.add_argument(
        "--base", default="", metavar="URL", help="where the book is, for links to its pages"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0, or 2 with a message on standard error, and then nothing is written."""
    arguments = sys.argv[1:] if arguments is None else arguments
    given = parser().parse_args(arguments)
    try:
        report = audit(given.file, progress=Bar(), **_reading(given))
        if given.html is not None:
            _write(given.html, report.page(base=given.base))
    except (ValueError, OSError, ImportError) as error:
        asked = error.__cause__
        told = asked.command(given.file, arguments) if isinstance(asked, Question) else error
        sys.stderr.write(f"audit: {told}\n")
        return 2
    sys.stdout.write(f"{json.dumps(report.as_dict(), indent=1) if given.json else report}\n")
    return 0


class Bar:
    """A bar on standard error, from the second second on."""

    def __init__(self) -> None:
        self.begun, self.drawn = time.monotonic(), False

    def __call__(self, done: int, of: int) -> None:
        """Draw how far it is; at the end, take the bar away."""
        if done < of and time.monotonic() - self.begun > 2.0:
            self.drawn = True
            sys.stderr.write(f"\r[{'#' * done}{'.' * (of - done)}] {done} of {of} ")
        elif done == of and self.drawn:
            sys.stderr.write("\r" + " " * (of + 20) + "\r")
        sys.stderr.flush()


def _reading(given: argparse.Namespace) -> dict[str, Any]:
    """Return the options of `load_network` that were given."""
    options = {name: getattr(given, name) for name in READING}
    if given.scale is not None and given.scale != "1/N":
        options["scale"] = float(given.scale)
    if given.layer is not None and given.layer.isdecimal():
        options["layer"] = int(given.layer)
    if given.part:
        pairs = [pair.partition("=") for pair in given.part]
        if not all(part and name for part, _, name in pairs):
            raise ValueError(f"--part {given.part}; give pairs such as w=rnn.weights")
        options["parts"] = {part: name for part, _, name in pairs}
    if given.ignore:
        options["ignore"] = tuple(given.ignore)
    return {name: value for name, value in options.items() if value is not None}


def _write(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(8)}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _single() -> int:
    """Run the command again with one thread: with more, small matrices take many times as long."""
    given = dict.fromkeys(THREADS, "1")
    command = [sys.executable, "-m", "helpers", *sys.argv[1:]]
    return subprocess.run(command, env={**given, **os.environ}, check=False).returncode


if __name__ == "__main__":
    parser().parse_args()  # help and mistakes need no second process
    sys.exit(main() if any(name in os.environ for name in THREADS) else _single())
