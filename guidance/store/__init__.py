"""Adapters: the SQL behind the board, the signs and the figures."""
