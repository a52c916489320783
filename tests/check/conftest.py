"""The modules in outside/ are material, run by outsiders.py: pytest is not to import them for doctests."""

from gatewise._check import lines

collect_ignore = ["outside"]

lines.raises_its_own_errors = True  # a defect of the inquiry is no note in a report, but an error of the test
