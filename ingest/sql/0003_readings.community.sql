-- TimescaleDB Community: chunks are compressed by berth once the week in which readings may still come late is over.
ALTER TABLE readings SET (
    timescaledb.compress,
    timescaledb.compress_segmentby = 'berth_id',
    timescaledb.compress_orderby = 'observed_at, reading_id'
);
SELECT add_compression_policy('readings', compress_after => INTERVAL '8 days');
