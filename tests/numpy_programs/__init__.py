"""Random programs over most of NumPy, as data: written from a seed, run, judged, and made smaller."""
