-- TimescaleDB Community: compressed in the order of berths, a thousand readings at a time. One segment a berth held
-- the sixty readings of its day, and took three times the room.
ALTER TABLE readings SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = '',
    timescaledb.compress_orderby = 'berth_id, observed_at, reading_id'
);
