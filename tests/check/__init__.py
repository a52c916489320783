"""Tests of the check: numerical derivatives with error bars, the verdict, the culprit."""
