"""How a network learns: tasks, back-propagation, recipes, plans.

Here belong gradients and what is done with them; nothing that is asked of a trained network.
This room uses dynamics.
"""
