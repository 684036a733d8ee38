"""Rows of tasks: their sources, their checks, how they are capped and compared. Imports no torch."""
