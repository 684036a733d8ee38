"""Families whose languages differ more than those of the others: their intervals rest on their own languages.

The model has one variance between languages for all families. It makes the interval of a family whose languages differ
more than others' too narrow. So the deviations of languages from their family's mean are compared between families by
Bartlett's test. A preliminary test protects only if it is a liberal one (Bancroft 1964, Biometrics 20:427-442): unless
p is `LIBERAL` or more, a family whose languages differ more than the common variance says has the variance of its own
languages, with their degrees of freedom. No interval becomes narrower by this.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

LIBERAL = 0.5
"""P-value of Bartlett's test from which one variance holds for all families."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """How much more the languages of families differ than one variance for all says.

    Attributes
    ----------
    ratio : numpy.ndarray
        Shape (..., pools): the variance of a pool's own languages over the common one; 1 where the common one holds.
    freedom : numpy.ndarray
        Shape (pools,): degrees of freedom of a pool's own variance.
    """

    ratio: np.ndarray
    freedom: np.ndarray

    def widen(
        self, square: np.ndarray, freedom: np.ndarray, parts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Put the own variances of families in the place of the common one.

        Parameters
        ----------
        square, freedom : numpy.ndarray
            Shape (...): variance of an estimate, and Satterthwaite's degrees of freedom.
        parts : numpy.ndarray
            Shape (..., pools): how much of the variance is that of the languages of each pool.

        Returns
        -------
        tuple of numpy.ndarray
            Variance and degrees of freedom (those of a sum of independent variances), and where they are others.
        """
        own = self.ratio > 1
        kept = square - (parts * own).sum(axis=-1)
        wider = self.ratio * parts * own
        total = kept + wider.sum(axis=-1)
        doubt = kept**2 / freedom + (wider**2 / np.maximum(self.freedom, 1)).sum(axis=-1)
        changed = total > square
        with np.errstate(divide="ignore", invalid="ignore"):
            return total, np.where(changed, total**2 / doubt, freedom), changed


def language_spread(means: np.ndarray, expected: np.ndarray, pools: np.ndarray) -> Spread:
    """Compare how much languages differ within families.

    Parameters
    ----------
    means : numpy.ndarray
        Shape (..., languages): deviation of each language from what the model says of its family.
    expected : numpy.ndarray
        Shape (..., languages): its variance by the model, the noise of the language's own cells included.
    pools : numpy.ndarray
        Shape (languages,): number of each language's pool, from 0 and without gaps.
    """
    member = np.eye(pools.max() + 1)[pools]
    freedom = member.sum(axis=0) - 1
    weights = 1 / expected
    centre = ((weights * means) @ member) / (weights @ member)
    sums = (weights * (means - centre @ member.T) ** 2) @ member
    several = freedom > 0
    ratio = np.ones_like(sums)
    if several.sum() > 1:
        free, own = freedom[several], sums[..., several] / freedom[several]
        common = (own @ free) / free.sum()
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = own / common[..., None]
            ratio[..., several] = np.where(
                (_bartlett(relative, free) < LIBERAL)[..., None] & (relative > 1), relative, 1.0
            )
    return Spread(ratio=ratio, freedom=freedom)


def _bartlett(relative: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """P-value of Bartlett's test, from variances over the common one (scipy has it for samples, not for variances)."""
    groups, total = len(freedom), freedom.sum()
    correction = 1 + ((1 / freedom).sum() - 1 / total) / (3 * (groups - 1))
    return stats.chi2.sf(-(np.log(relative) @ freedom) / correction, groups - 1)
