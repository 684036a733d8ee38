"""Intervals and tests: the model of gains, groups of languages, contrasts, correction, equivalence, leaving out."""
