"""Trained networks: the Network, its files, the shipped ensemble, the frequencies it announces.

Here belongs what needs a whole network with its read-out; nothing that any system could answer.
This room uses dynamics, analysis and training.
"""
