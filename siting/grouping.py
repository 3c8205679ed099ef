"""Groups of similar candidates, halved until each holds one, and what holds for all members of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tree:
    """Groups of candidates: a binary tree whose leaves are single candidates.

    Parameters
    ----------
    features : ndarray, shape (n, f)
        What makes candidates similar, each column on a comparable scale.

    Attributes
    ----------
    left, right : ndarray of int, shape (nodes,)
        The two halves of each group; -1 for a single candidate. Node 0 holds all.
    size : ndarray of int, shape (nodes,)
        How many candidates a group has.
    candidate : ndarray of int, shape (nodes,)
        The candidate of a leaf, else -1.

    Examples
    --------
    >>> tree = Tree(np.array([[0.0], [9.0], [1.0]]))
    >>> tree.size.tolist(), tree.candidate.tolist()
    ([3, 2, 1, 1, 1], [-1, -1, 1, 0, 2])
    """

    def __init__(self, features: NDArray[np.float64]) -> None:
        members: list[NDArray[np.int64]] = [np.arange(len(features))]
        left, right, position = [-1], [-1], 0
        while position < len(members):
            some = members[position]
            if len(some) > 1:
                halves = _halves(features, some)
                left[position], right[position] = len(members), len(members) + 1
                members.extend(halves)
                left.extend([-1, -1])
                right.extend([-1, -1])
            position += 1
        self.left, self.right = np.array(left), np.array(right)
        self.size = np.array([len(some) for some in members])
        self.candidate = np.array([some[0] if len(some) == 1 else -1 for some in members])

    def least(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the least value in each group, shape (..., nodes), of values per candidate, shape (..., n)."""
        result = np.empty((*values.shape[:-1], len(self.size)))
        for node in range(len(self.size) - 1, -1, -1):
            if self.left[node] < 0:
                result[..., node] = values[..., self.candidate[node]]
            else:
                result[..., node] = np.minimum(result[..., self.left[node]], result[..., self.right[node]])
        return result

    def everywhere(self, pairs: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return for each two groups whether a property of pairs holds for all pairs between them."""
        rows = self.least(self.least(pairs.astype(np.float64)).T)
        return np.asarray(rows > 0.5)


def _halves(features: NDArray[np.float64], members: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Split a group across the feature on which it spreads most, at the middle of that feature."""
    own = features[members]
    axis = int(np.ptp(own, axis=0).argmax())
    low, high = own[:, axis].min(), own[:, axis].max()
    below = own[:, axis] <= (low + high) / 2
    if below.all() or not below.any():
        below = np.arange(len(members)) < len(members) // 2
    return [members[below], members[~below]]
