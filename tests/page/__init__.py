"""Tests of what runs in a page, in a browser."""
