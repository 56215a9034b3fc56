"""What the numbers of a device's messages tell: that none was lost between two, or when one was."""

import numpy as np

from occupancy.cells import Devices, gather
from occupancy.evidence import Evidence, Flags


def follow(devices: Devices, evidence: Evidence) -> Flags:
    """Whether each reading bears the number after its device's last; notes when numbers are missing.

    Devices whose messages bear no numbers (a negative boot) never follow and never miss any.
    """
    order = np.lexsort((evidence.seq, evidence.device))
    who, boot, seq = evidence.device[order], evidence.boot[order], evidence.seq[order]
    at_s = evidence.observed_us[order] // 1_000_000
    known = gather(devices, who)
    last_boot, last_seq = known["boot"].astype(np.int64), known["seq"].copy()
    last_s = known["heard_s"].astype(np.int64)
    again = np.flatnonzero(who[1:] == who[:-1]) + 1
    last_boot[again], last_seq[again], last_s[again] = boot[again - 1], seq[again - 1], at_s[again - 1]
    same = (last_boot == boot) & (boot >= 0) & (last_s > 0)
    lost = same & (seq > last_seq + 1)
    devices["lost_from_s"][who[lost]], devices["lost_to_s"][who[lost]] = last_s[lost], at_s[lost]
    newer = ~same | (seq > last_seq)
    devices["boot"][who[newer]], devices["seq"][who[newer]] = boot[newer], seq[newer]
    follows = np.empty(len(order), dtype=np.bool_)
    follows[order] = same & (seq == last_seq + 1)
    return follows
