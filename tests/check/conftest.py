"""The modules in outside/ are material, run by outsiders.py: pytest is not to import them for doctests."""

collect_ignore = ["outside"]
