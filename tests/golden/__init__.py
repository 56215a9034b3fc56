"""Captured frames and cases that a person can read."""
