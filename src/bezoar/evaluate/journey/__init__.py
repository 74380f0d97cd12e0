"""The journey of a data point: steps, what they read and write, and what stands between."""
