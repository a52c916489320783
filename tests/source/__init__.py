"""Tests of the staged printer."""
