"""Arithmetic of what views see: stretches joined, cut out and added."""

import numpy as np

from simulators.draws import Flags, Ints
from simulators.sensing import Seen


def join_seen(parts: "list[Seen]") -> Seen:
    """All stretches; those of one view that touch or overlap become one, with the first one's stay."""
    view = np.concatenate([part.view for part in parts])
    arrive = np.concatenate([part.arrive_ms for part in parts])
    depart = np.concatenate([part.depart_ms for part in parts])
    stay = np.concatenate([part.stay for part in parts])
    order = np.lexsort((arrive, view))
    view, arrive, depart, stay = view[order], arrive[order], depart[order], stay[order]
    if not len(view):
        return Seen(view=view, arrive_ms=arrive, depart_ms=depart, stay=stay)
    base, width = int(arrive.min()), int(depart.max()) - int(arrive.min()) + 2
    until = np.maximum.accumulate(view * width + (depart - base))
    begins = np.ones(len(view), dtype=np.bool_)
    begins[1:] = view[1:] * width + (arrive[1:] - base) > until[:-1]
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(view)) - 1
    return Seen(
        view=view[first],
        arrive_ms=arrive[first],
        depart_ms=until[last] - view[first] * width + base,
        stay=stay[first],
    )


def cut_seen(seen: Seen, which: Flags, from_ms: Ints, to_ms: Ints) -> Seen:
    """Take the stretch [from, to) out of each chosen row; what is left are none, one or two pieces."""
    rest, chosen = seen.pick(~which), seen.pick(which)
    left = Seen(
        view=chosen.view,
        arrive_ms=chosen.arrive_ms,
        depart_ms=np.minimum(chosen.depart_ms, from_ms[which]),
        stay=chosen.stay,
    )
    right = Seen(
        view=chosen.view,
        arrive_ms=np.maximum(chosen.arrive_ms, to_ms[which]),
        depart_ms=chosen.depart_ms,
        stay=chosen.stay,
    )
    pieces = [part.pick(part.depart_ms > part.arrive_ms) for part in (left, right)]
    view = np.concatenate([rest.view, *(part.view for part in pieces)])
    arrive = np.concatenate([rest.arrive_ms, *(part.arrive_ms for part in pieces)])
    order = np.lexsort((arrive, view))
    return Seen(
        view=view[order],
        arrive_ms=arrive[order],
        depart_ms=np.concatenate([rest.depart_ms, *(part.depart_ms for part in pieces)])[order],
        stay=np.concatenate([rest.stay, *(part.stay for part in pieces)])[order],
    )


def added(view: Ints, from_ms: Ints, to_ms: Ints) -> Seen:
    """Stretches that no vehicle stands behind."""
    return Seen(view=view, arrive_ms=from_ms, depart_ms=to_ms, stay=np.full(len(view), -1, dtype=np.int64))
