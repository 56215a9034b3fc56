"""Stays, what they cost, and the ledger: see README.md."""
