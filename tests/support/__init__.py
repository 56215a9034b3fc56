"""What tests share: fixtures, small cities, written streets."""
