"""Tests of layers, losses and initialisations."""
