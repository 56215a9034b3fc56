"""A snapshot that nobody here wrote is refused with what to do, however it is broken."""

import pytest

from occupancy.belief import Belief
from parking.errors import SetupError
from parking.ids import PARTITIONS, Partition
from tests.support.cities import small_city

HEAD = bytes(8 * PARTITIONS)


@pytest.mark.parametrize("body", [b"", b"no snapshot at all", bytes(8), b"\x02" + bytes(7) + b"{}"])
def test_snapshot_of_another_layout_is_named(body: bytes) -> None:
    belief = Belief(small_city(), dict.fromkeys(map(Partition, range(PARTITIONS)), 0))

    with pytest.raises(SetupError, match="another layout: delete the rows of grid_snapshots"):
        belief.restore(HEAD + body)
