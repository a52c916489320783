"""gatewise as a tool of [GradBench](https://github.com/gradbench/gradbench): its twelve evals, its protocol.

`python -m benchmarks.gradbench` answers an eval over standard input and output; `--eager` leaves out `gw.compile`.
"""
