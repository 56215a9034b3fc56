"""Readings become what the city believes about each berth."""
