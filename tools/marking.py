"""The cell that marks an exercise in a class: it carries the key, and trusts no name of a student.

What it runs has names of its own, so a student's `answer`, `abs` or `helpers` changed by hand mark
nothing. Numbers become plain complex numbers before they are compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.book.exercises import NOT_YET, Exercise
from tools.probes import code_of, literal, without_doubles
from tools.sealing import probed

CELL = '''\
# This cell marks {name}. Leave it as it is.
### BEGIN HIDDEN TESTS
import builtins as _builtins

_builtins.exec(_builtins.compile(r"""
{code}
""", "{name}", "exec"), {{"given": {given}}})
### END HIDDEN TESTS'''
MARK = """\
import numpy as np

{probe_code}

right, rtol = {right}, {rtol!r}
hints = {hints}


def told(value):
    if value is not None and value is not Ellipsis:
        value = {probe}(value)
    if value is None or value is Ellipsis:
        return None
    if isinstance(value, str):
        return str.casefold(str.strip(value))
    array = np.asarray(value, dtype=complex)
    shape = () if array.size == 1 else tuple(array.shape)
    return [shape, *(complex(number) for number in array.ravel().tolist())]


def agree(one, other):
    if isinstance(one, str) or isinstance(other, str) or one[0] != other[0]:
        return one == other
    largest = max((abs(y) for y in other[1:]), default=0.0)
    return all(
        abs(x - y) <= rtol * (max(abs(y), largest / 1000) or 1.0)
        for x, y in zip(one[1:], other[1:], strict=True)
    )


try:
    numbers = told(given)
except NotImplementedError:
    numbers = None
except Exception as error:
    if not (isinstance(error, TypeError) and "ellipsis" in str(error)):
        raise AssertionError(f"your answer stopped with {{type(error).__name__}}: {{error}}")
    numbers = None
if numbers is None:
    raise AssertionError({not_yet!r})
if not agree(numbers, right):
    known = [hint for wrong, hint in hints if agree(numbers, wrong)]
    raise AssertionError([*known, {hint!r}][0])"""


def marking(one: Exercise, given: str) -> str:
    """The source of the locked cell; `given` is the student's answer, as the cell above has it."""
    statements, probe = code_of(one.probe)
    code = MARK.format(
        probe_code="\n".join(without_doubles(statements)),
        probe=probe,
        right=_plain(probed(one, one.right)),
        rtol=one.rtol,
        hints=[(_Source(_plain(probed(one, turn.value))), turn.hint) for turn in one.wrong],
        hint=one.hint,
        not_yet=NOT_YET,
    )
    if '"""' in code:
        raise ValueError(f"{one.id}: its marking cell may not hold three quotation marks")
    return CELL.format(name=one.id, code=code, given=given)


class _Source(str):
    """Python that stands in a list as it is."""

    def __repr__(self) -> str:
        return str(self)


def _plain(value: Any) -> str:
    """A probed answer as the marking cell compares it: words, or a shape and plain numbers."""
    if isinstance(value, str):
        return repr(value.strip().casefold())
    numbers = np.asarray(value)
    shape = () if numbers.size == 1 else numbers.shape
    plain = numbers.real if not np.any(numbers.imag) else numbers
    return f"[{literal(shape)}, {', '.join(map(repr, plain.ravel().tolist()))}]"
