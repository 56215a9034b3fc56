"""The whole pipeline against a simulated city whose truth is known, in one process and without a database.

`street` plays the city through the real intake and belief, `bills` and `acts` let billing and enforcement
work on what came out, `report` holds all of it against the truth (`simulators.scoring`).
"""
