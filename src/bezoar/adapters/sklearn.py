"""scikit-learn: clustering."""

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans


def k_means(points: NDArray[np.float64], clusters: int, seed: int) -> NDArray[np.int64]:
    """Cluster points by k-means, the best of three starts.

    Args:
        points: Shape (n, d), n at least `clusters`.
        clusters: How many.
        seed: Decides the starts.

    Returns:
        The cluster of each point, shape (n,).
    """
    model = KMeans(clusters, n_init=3, random_state=seed)
    cluster: NDArray[np.int64] = model.fit_predict(points).astype(np.int64)
    return cluster
