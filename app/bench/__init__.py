"""What the benches share: cities made to measure, their traffic, whole processes, a lean client."""
