"""Pickles, read without running them: values, and the names of what they would have called.

A pickle is a program. Here its steps are taken one by one, and those that call something make a
record of the call, if it is one that a state dict of torch needs; any other is refused by name.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

STEPS = 1_000_000
# The steps that put a value on the stack which stands in the file.
VALUES = {
    "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE",
    "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES",
}  # fmt: skip
EMPTY: dict[str, Any] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
FIXED = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
COUNTED = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
MARK = object()


@dataclass(frozen=True)
class Global:
    """What a pickle names: a class or a function, which stays a name."""

    module: str
    name: str


@dataclass(frozen=True)
class Reference:
    """A storage that lies outside the pickle: its kind, its key, how many entries it has."""

    kind: str
    key: str
    length: int


@dataclass(frozen=True)
class Tensor:
    """A view of a storage; offset and strides are in entries."""

    storage: Reference
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def plain_pickle(stream: BinaryIO) -> Any:
    """Return the value of the next pickle of a stream; nothing in it is executed."""
    machine = _Machine()
    for count, (step, argument) in enumerate(_steps(stream)):
        if step == "STOP":
            return machine.stack.pop()
        if count > STEPS:
            raise ValueError(f"its pickle has over {STEPS} steps; save net.state_dict() alone")
        machine.take(step, argument)
    raise ValueError("its pickle has no end; copy the file again from its source")


def _steps(stream: BinaryIO) -> Iterator[tuple[str, Any]]:
    try:
        yield from ((step.name, argument) for step, argument, _ in pickletools.genops(stream))
    except ValueError as error:
        raise ValueError(f"its pickle is damaged, {error}; copy the file again") from error


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def take(self, step: str, argument: Any) -> None:
        """Take one step of a pickle."""
        if step in VALUES:
            self.stack.append(argument)
        elif step in FIXED:
            self.stack.append(FIXED[step])
        elif step in EMPTY:
            self.stack.append(EMPTY[step]())
        elif step in COUNTED:
            self.stack.append(tuple(self._last(COUNTED[step])))
        elif step in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if step == "MEMOIZE" else argument] = self.stack[-1]
        elif step in ("BINGET", "LONG_BINGET"):
            self.stack.append(self.memo[argument])
        elif step not in ("PROTO", "FRAME"):
            act = getattr(self, f"_{step.lower()}", None)
            if act is None:
                raise ValueError(f"its pickle has a step {step}; save net.state_dict() alone")
            act(argument)

    def _last(self, count: int) -> list[Any]:
        if count > len(self.stack):
            raise ValueError("its pickle takes more than there is; copy the file again")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def _marked(self) -> list[Any]:
        places = [i for i in range(len(self.stack) - 1, -1, -1) if self.stack[i] is MARK]
        values = self._last(len(self.stack) - places[0] - 1)
        self.stack.pop()
        return values

    def _mark(self, _: Any) -> None:
        self.stack.append(MARK)

    def _tuple(self, _: Any) -> None:
        self.stack.append(tuple(self._marked()))

    def _append(self, _: Any) -> None:
        (value,) = self._last(1)
        self.stack[-1].append(value)

    def _appends(self, _: Any) -> None:
        values = self._marked()
        self.stack[-1].extend(values)

    def _setitem(self, _: Any) -> None:
        key, value = self._last(2)
        self.stack[-1][_word(key)] = value

    def _setitems(self, _: Any) -> None:
        values = self._marked()
        for key, value in zip(values[::2], values[1::2], strict=True):
            self.stack[-1][_word(key)] = value

    def _global(self, argument: str) -> None:
        self.stack.append(Global(*argument.split(" ", 1)))

    def _stack_global(self, _: Any) -> None:
        self.stack.append(Global(*map(str, self._last(2))))

    def _binpersid(self, _: Any) -> None:
        match self._last(1)[0]:
            case ("storage", Global(module="torch", name=kind), key, _, int(length), *_):
                self.stack.append(Reference(kind, str(key), length))
            case other:
                raise ValueError(f"its pickle refers to {_kind(other)}, which is no storage")

    def _build(self, _: Any) -> None:
        # The state of an OrderedDict holds the versions of its modules, which change no number.
        self._last(1)
        if not isinstance(self.stack[-1], dict):
            raise ValueError(f"its pickle builds {_kind(self.stack[-1])}; save net.state_dict()")

    def _reduce(self, _: Any) -> None:
        called, arguments = self._last(2)
        match called, arguments:
            case Global("collections", "OrderedDict"), ():
                self.stack.append({})
            case Global("torch._utils", "_rebuild_tensor_v2"), (
                Reference() as storage, int(offset), tuple(shape), tuple(strides), *_
            ):  # fmt: skip
                self.stack.append(Tensor(storage, offset, shape, strides))
            case Global(module, name), _:
                raise ValueError(
                    f"its pickle would call {module}.{name}, as a whole module or object does; it "
                    "is not run. In the program that wrote it: torch.save(net.state_dict(), path)"
                )
            case _:
                raise ValueError(
                    f"its pickle would call {_kind(called)}; save net.state_dict() alone"
                )


def _word(key: Any) -> Any:
    if not isinstance(key, (str, int)):
        raise ValueError(f"its pickle has {_kind(key)} as a key; save net.state_dict() alone")
    return key


def _kind(value: Any) -> str:
    # Never its repr: values that hold each other many times over would never end.
    return f"{value.module}.{value.name}" if isinstance(value, Global) else type(value).__name__
