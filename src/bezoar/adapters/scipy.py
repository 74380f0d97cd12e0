"""SciPy: connected components and smoothing."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def linked(count: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the connected component of each of `count` nodes, shape (count,).

    Args:
        count: Number of nodes.
        first: One end of each link.
        second: The other end.
    """
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(count, count))
    component: NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return component


def high_pass(images: NDArray[np.uint8], sigma: float) -> NDArray[np.float16]:
    """Return what a Gaussian blur takes away from each image.

    Args:
        images: Shape (n, h, w, 3).
        sigma: The blur's standard deviation in pixels.

    Returns:
        Shape (n, h * w * 3), half precision: the differences stay below 256.
    """
    flat = np.empty((len(images), images[0].size if len(images) else 0), np.float16)
    for start in range(0, len(images), 1024):
        chunk = images[start : start + 1024].astype(np.float32)
        blurred = gaussian_filter(chunk, (0, sigma, sigma, 0))
        flat[start : start + 1024] = (chunk - blurred).reshape(len(chunk), -1)
    return flat
