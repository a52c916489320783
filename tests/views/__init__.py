"""Tests of what a reader sees, on records built by hand."""
