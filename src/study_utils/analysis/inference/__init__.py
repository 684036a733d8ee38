"""Intervals and tests: bootstrap, groups of languages, contrasts, correction, equivalence, leaving out."""
