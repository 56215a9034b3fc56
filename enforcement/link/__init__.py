"""Ways out of this room to other people's servers."""
