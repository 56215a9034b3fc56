"""What the benches of the street share: a city made to measure, its traffic, and the processes around it."""
