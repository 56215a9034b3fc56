"""Bytes from the street become readings, or rejects that say why."""
