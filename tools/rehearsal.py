"""Run a chapter once as it is, and then, from where it stood, the cells that a mistake reaches.

Of each cell it is noted which functions of helpers it called, what the names held before it, and
how long it took. Under a sabotage only those cells run again that called its target, or that read
a name which such a cell made; every other name keeps what it held.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import logging
import math
import multiprocessing
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from helpers.book import claims
from tools.pages import Cell, Page, read_page
from tools.reads import Need, leading, needs

READERS = {"exercise", "solution"}  # cells that are the reader's
CHECK = re.compile(r"\bcheck\(")
SMALL = 100_000  # entries of an array that is copied before each cell
PATIENCE = 4  # times what the cells took as they are; a sabotage may loop
RIGHT_CHECK = claims.check


@dataclass
class Scene:
    """A cell as it ran: what it called and asserted, and what the names held before it."""

    cell: Cell
    need: Need
    before: dict[str, Any]
    seconds: float = 0.0
    called: set[str] = field(default_factory=set)
    passed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    records: list[logging.LogRecord] = field(default_factory=list)
    crashed: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a cell said under a sabotage: claims refused and passed, and whether it broke off."""

    refused: tuple[str, ...]
    passed: tuple[str, ...]
    crashed: bool


class Collector:
    """Stands in for `check`: it notes a claim that is refused, and goes on."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self.passed: list[str] = []

    def __call__(self, claim_id: str, *args: Any, **kwargs: Any) -> None:
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                RIGHT_CHECK(claim_id, *args, **kwargs)
        except (claims.ClaimFailed, ValueError):  # a value that is not a number is refused as well
            self.refused.append(claim_id)
        else:
            self.passed.append(claim_id)


class Logged(logging.Handler):
    """Keeps what `check` logs: the value, the bound and the control of each claim."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


def exchange(right: Any, wrong: Any, *more: dict[str, Any]) -> None:
    """Put the wrong function wherever helpers, or one of these namespaces, holds the right one."""
    modules = [vars(m) for name, m in sys.modules.items() if name.split(".")[0] == "helpers"]
    for names in (*modules, *more):
        for name, value in list(names.items()):
            if value is right:
                names[name] = wrong


def find(target: str) -> tuple[Any, str, Any]:
    """The module or class that holds a target, its name there, and what stands there."""
    module_name, _, path = target.partition(":")
    owner: Any = importlib.import_module(module_name)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    if classes:  # a method may stand in a class that this one is made from
        owner = next(one for one in owner.__mro__ if name in vars(one))
    return owner, name, vars(owner)[name]


def put(target: str, make: Callable[[Any], Any], *more: dict[str, Any]) -> None:
    """Put what `make` makes in a target's place."""
    owner, name, right = find(target)
    if not isinstance(owner, type):
        exchange(right, make(right), *more)
    elif isinstance(right, property):
        setattr(owner, name, property(make(right.fget)))
    elif isinstance(right, classmethod):
        setattr(owner, name, classmethod(make(right.__func__)))
    else:
        setattr(owner, name, make(right))


def watched(target: str, called: set[str]) -> Callable[[Any], Any]:
    """What makes a target note that it is called, and do what it does."""

    def make(right: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            called.add(target)
            return right(*args, **kwargs)

        return noted

    return make


def script(page: Page) -> list[Cell]:
    """The cells that the claims of a page need, in order."""
    own = [c for c in page.code if not c.tags & READERS and "explore(" not in c.source]
    wanted = [n for n, cell in enumerate(own) if CHECK.search(cell.source)]
    return [own[n] for n in leading(needs(own), wanted)]


def remembers(value: Any) -> bool:
    """Whether a value changes as it is used: random numbers go on, a cache fills."""
    return isinstance(value, np.random.Generator) or hasattr(value, "cache_clear")


def kept(namespace: dict[str, Any]) -> dict[str, Any]:
    """What the names hold as it is now, whatever later cells do to it in place."""
    return {name: _copied(value) for name, value in namespace.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return copy.deepcopy(value)
    small = isinstance(value, np.ndarray) and value.size <= SMALL
    return copy.copy(value) if small or isinstance(value, dict | list | set) else value


class Rehearsal:
    """A chapter that has run as it is."""

    def __init__(self, path: Path, targets: Collection[str]) -> None:
        self.path, self.namespace = path, dict[str, Any]()
        self.collector, self.log, self.called = Collector(), Logged(), set[str]()
        exchange(RIGHT_CHECK, self.collector)
        exchange(claims.glue, lambda *_: None)
        for target in targets:
            put(target, watched(target, self.called))
        claims.logger.addHandler(self.log)
        claims.logger.setLevel(logging.INFO)
        os.chdir(path.parent)
        own = script(read_page(path))
        parts = zip(own, needs(own), strict=True)
        self.scenes = [self._played(cell, need) for cell, need in parts]

    def _played(self, cell: Cell, need: Need) -> Scene:
        """Run a cell in the namespace as it is now."""
        scene = Scene(cell, need, kept(self.namespace))
        for one in (self.called, self.collector.passed, self.collector.refused, self.log.records):
            one.clear()
        start = time.perf_counter()
        scene.crashed = self._crash(cell)
        scene.seconds = time.perf_counter() - start
        scene.called = set(self.called)
        scene.passed, scene.refused = self.collector.passed[:], self.collector.refused[:]
        scene.records = self.log.records[:]
        return scene

    def _crash(self, cell: Cell) -> str:
        """What a cell raises; no word if it raises nothing."""
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, cell.id, "exec"), self.namespace)
        except TimeoutError:
            raise
        except Exception as error:
            return f"{cell.id}: {type(error).__name__}: {error}"
        return ""

    def reached(self, target: str) -> list[int]:
        """The places of the cells that call a target, or read a name that one of these made."""
        spoilt, found = set[str](), list[int]()
        for place, scene in enumerate(self.scenes):
            if target in scene.called or scene.need.reads & spoilt:
                spoilt |= scene.need.makes
                spoilt |= {n for n in scene.need.reads if remembers(scene.before.get(n))}
                found.append(place)
            else:
                spoilt -= scene.need.makes
        return found

    def road(self, target: str, last: int) -> list[int]:
        """Of the cells that a sabotage reaches, those that decide what happens in the last."""
        reached = self.reached(target)
        needed = [self.scenes[place].need for place in reached]
        return [reached[n] for n in leading(needed, [reached.index(last)])]

    def under(self, target: str, wrong: Callable[[Any], Any], last: int) -> Outcome:
        """What a cell says under a sabotage."""
        road = self.road(target, last)
        limit = 10 + PATIENCE * sum(self.scenes[place].seconds for place in road)
        return in_a_fork(lambda: self._spoilt(road, target, wrong), limit) or Outcome((), (), True)

    def whole_road(self, last: int) -> list[Scene]:
        """The cells that this one needs, sabotaged or not."""
        places = leading([scene.need for scene in self.scenes], [last])
        return [self.scenes[place] for place in places]

    def _spoilt(self, road: Sequence[int], target: str, wrong: Callable[[Any], Any]) -> Outcome:
        self._break(target, wrong)
        spoilt = dict[str, Any]()
        for place in range(road[0], road[-1] + 1):
            scene = self.scenes[place]
            if place not in road:  # what it makes stands as it made it
                spoilt = {n: value for n, value in spoilt.items() if n not in scene.need.makes}
                continue
            self.namespace.clear()
            self.namespace.update(scene.before | spoilt)
            _forget(self.namespace)
            played = self._played(scene.cell, scene.need)
            made = {n for n in scene.need.reads if remembers(self.namespace.get(n))}
            made |= scene.need.makes | set(spoilt)
            spoilt = {name: self.namespace[name] for name in made if name in self.namespace}
        return Outcome(tuple(played.refused), tuple(played.passed), bool(played.crashed))

    def _break(self, target: str, wrong: Callable[[Any], Any]) -> None:
        """Put the wrong function for the one that notes its calls, wherever a cell holds it."""
        held = [scene.before for scene in self.scenes]
        put(target, wrong, self.namespace, *held)


def _forget(namespace: dict[str, Any]) -> None:
    for value in namespace.values():
        if not isinstance(value, type) and callable(getattr(value, "cache_clear", None)):
            value.cache_clear()


def stands(page: Page, claim: str, target: str, wrong: Callable[[Any], Any]) -> bool | None:
    """Whether a claim stands under a sabotage; None if it was not reached."""
    collector = Collector()
    for right, other in ((RIGHT_CHECK, collector), (claims.glue, lambda *_: None)):
        exchange(right, other)
    put(target, wrong)
    os.chdir(page.path.parent)
    own, namespace = script(page), dict[str, Any]()
    asks = [n for n, cell in enumerate(own) if CHECK.search(cell.source)]
    wanted = [n for n in asks if f'"{claim}"' in own[n].source] or asks
    for place in leading(needs(own), wanted):
        with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
            exec(compile(own[place].source, own[place].id, "exec"), namespace)
    return None if claim not in collector.refused + collector.passed else claim in collector.passed


def in_a_fork(work: Callable[[], Any], seconds: float = math.inf) -> Any:
    """What `work` returns, done in a process of its own; None if it takes longer than this."""
    here, there = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            if seconds < math.inf:
                signal.alarm(math.ceil(seconds))  # whose default ends the process
            there.send(work())
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(0)
    there.close()
    try:
        return here.recv()
    except EOFError:
        return None
    finally:
        os.waitpid(child, 0)
        here.close()
