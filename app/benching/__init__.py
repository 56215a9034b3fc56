"""What benches of whole processes need: a city of any size, a street that keeps moving, a lean client."""
