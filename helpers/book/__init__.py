"""What makes a page: claims, exercises and their keys, sliders, figures.

Here belongs what readers see around the mathematics; no mathematics.
This room uses what it draws.
"""
