"""Wrong versions of helpers, each a mistake somebody could make; `make sabotage` tries them.

A sabotage names a function, or a method or property of a class, as module:name, says which kind of
mistake it is, and makes the wrong function from the right one. Those who wrote the checks did not
write these.
"""

from __future__ import annotations

from tools.sabotages.analysis import ANSWERS
from tools.sabotages.dynamics import SYSTEMS
from tools.sabotages.making import KINDS, Sabotage
from tools.sabotages.movement import MOVEMENT
from tools.sabotages.networks import NETS

__all__ = ["KINDS", "SABOTAGES", "Sabotage"]

SABOTAGES = (*SYSTEMS, *ANSWERS, *MOVEMENT, *NETS)
