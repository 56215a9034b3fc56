"""The database as enforcement sees it; each module says what it reads and what it writes."""
