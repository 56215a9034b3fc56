"""What the benches share: cities made to measure, their traffic, whole processes around them, a lean client."""
