"""Carrying a study out: single runs, whole stages, notebooks, progress."""
