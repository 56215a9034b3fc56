"""Suites that a fake and its real adapter both pass."""
