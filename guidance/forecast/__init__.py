"""How full a site will be on arrival: a distribution learnt from its own past days, and the proof of it."""
