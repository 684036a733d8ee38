"""Carry out a whole study: its runs in order or side by side, its notebooks, progress and failures."""
