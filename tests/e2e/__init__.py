"""Processes as a user starts them."""
