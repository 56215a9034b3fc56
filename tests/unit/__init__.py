"""Pure code, in seconds."""
