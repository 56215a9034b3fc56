"""Measurements, never assertions on time."""
