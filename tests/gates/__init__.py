"""Tests of the gates, driven by the registry: whoever declares a gate has its tests."""
