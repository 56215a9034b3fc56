"""What drivers and signs are told: the public API, nearby search, the signs and the live stream."""
