"""Rules over stays and sightings: violations that withdraw themselves when they no longer hold."""
