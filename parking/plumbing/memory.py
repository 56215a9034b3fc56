"""What a process with much in memory and millions of short-lived records asks of the collector."""

import gc

# Records die by themselves; the collector looks for circles only, of which there are few.
YOUNG, MIDDLE, OLD = 50_000, 20, 50


def settle() -> None:
    """Take what is in memory now for lasting and look through the rest less often; once, after loading."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
