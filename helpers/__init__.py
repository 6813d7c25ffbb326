"""One equation, three procedures: the code behind the book, and for the reader's own network."""

from helpers.analysis.controllability import controllability_margin, controllability_matrix
from helpers.analysis.equilibria import fixed_point
from helpers.analysis.equivalence import all_orders, convergence_order, gap
from helpers.analysis.spectra import henrici, spectrum
from helpers.book.claims import check, glue
from helpers.book.exercises import answer, numbers
from helpers.book.explore import explore
from helpers.book.report_figures import report_figures as report_figures
from helpers.dynamics.conventions import ActivationForm, LeakyForm, TauForm
from helpers.dynamics.linear import LinearMap, LinearSystem
from helpers.dynamics.procedures import Discretise, Linearise, Rescale
from helpers.dynamics.recurrent import RNN, ActivationRNN
from helpers.dynamics.simulation import simulate
from helpers.dynamics.systems import Flow, Map
from helpers.dynamics.tangent import TangentLift
from helpers.networks.audit import audit
from helpers.networks.change_step import change_step
from helpers.networks.network import load_network

__all__ = [
    "RNN",
    "ActivationForm",
    "ActivationRNN",
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
    "audit",
    "change_step",
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
    "numbers",
    "simulate",
    "spectrum",
]
