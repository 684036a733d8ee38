"""Perturbed test rows: the same examples with typing errors, look-alikes, other word order, English parts.

The same text for every condition and seed: what changes depends on the kind, the language, the example's id and the
other test rows alone. Words that a lower severity changes are changed alike at a higher one.
"""

from study_utils.perturb.rows import Perturbed, perturb_rows

__all__ = ["Perturbed", "perturb_rows"]
