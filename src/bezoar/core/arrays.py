"""Names for the arrays that pass between rooms; shapes stand in each docstring."""

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Images = NDArray[np.uint8]
"""Shape (n, height, width, 3), RGB."""
Ints = NDArray[np.int64]
