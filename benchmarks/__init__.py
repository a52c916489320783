"""What gatewise costs, measured beside its peers: run `make bench` or `python -m benchmarks`."""
