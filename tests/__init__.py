"""All tests; each level has a folder."""
