"""Wiring only: the `citypark` command, one module per process, the embedded database and broker."""
