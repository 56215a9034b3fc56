"""What goes wrong between the truth and the platform: seeded, pure, and recorded with its class.

`sensing` lets devices see what is not there, `reading` misreads plates, `clocks` puts wrong times on
messages, `transport` loses, repeats, delays and holds them back. Rates come from the scenario.
"""
