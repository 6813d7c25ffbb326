"""One equation, three procedures: the code behind the book, and for the reader's own network."""

from helpers.claims import check, glue
from helpers.controllability import controllability_margin, controllability_matrix
from helpers.conventions import ActivationForm, LeakyForm, TauForm
from helpers.equilibria import fixed_point
from helpers.equivalence import all_orders, convergence_order, gap
from helpers.exercises import answer
from helpers.explore import explore
from helpers.networks import load_network
from helpers.procedures import Discretise, Linearise, Rescale, TangentLift
from helpers.simulation import simulate
from helpers.spectra import henrici, spectrum
from helpers.systems import RNN, Flow, LinearMap, LinearSystem, Map

__all__ = [
    "RNN",
    "ActivationForm",
    "Discretise",
    "Flow",
    "LeakyForm",
    "LinearMap",
    "LinearSystem",
    "Linearise",
    "Map",
    "Rescale",
    "TangentLift",
    "TauForm",
    "all_orders",
    "answer",
    "check",
    "controllability_margin",
    "controllability_matrix",
    "convergence_order",
    "explore",
    "fixed_point",
    "gap",
    "glue",
    "henrici",
    "load_network",
    "simulate",
    "spectrum",
]
