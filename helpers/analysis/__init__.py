"""What is asked of a system: equivalence, equilibria, spectra, controllability, statistics.

Here belong measures and searches on any system; nothing that makes, trains or loads one.
This room uses dynamics.
"""
