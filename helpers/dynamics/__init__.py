"""The objects and what is done to them: systems, activations, schemes, procedures, simulation.

Here belong flows, maps, and what turns one into another; nothing that asks a question of them.
This room uses no other.
"""
