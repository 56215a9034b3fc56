"""Loops: the board kept fresh, the signs driven, the stream fed."""
