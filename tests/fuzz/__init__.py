"""Coverage-guided fuzzing, run by hand: not collected by pytest."""
