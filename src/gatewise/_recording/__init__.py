"""Running a function on Tensors, and freezing what it did: names, stages, branches taken."""
