-- How good each device is, as its history. Written by the street process only.
CREATE TABLE device_health (
    device_id text NOT NULL,
    as_of timestamptz NOT NULL,
    berth_id text,
    heard_until timestamptz,
    compared real NOT NULL,
    accuracy real NOT NULL,
    accuracy_low real NOT NULL,
    accuracy_high real NOT NULL,
    beats_expected real NOT NULL,
    beats_missed real NOT NULL,
    battery_v real,
    battery_v_per_day real,
    drift real NOT NULL,
    quarantined_since timestamptz,
    quarantine_reason text,
    PRIMARY KEY (device_id, as_of),
    CHECK ((quarantined_since IS NULL) = (quarantine_reason IS NULL))
);
COMMENT ON TABLE device_health IS
    'append only: a row when a figure of the device moved noticeably; the health at a minute is the newest row up to it';
COMMENT ON COLUMN device_health.berth_id IS 'the berth that the device is bound to, NULL for cameras and hand-helds';
COMMENT ON COLUMN device_health.heard_until IS 'newest observed_at of the device, NULL before the first';
COMMENT ON COLUMN device_health.compared IS
    'how many comparisons with other sources the accuracy rests on, older ones fading; 0: published figures only';
COMMENT ON COLUMN device_health.accuracy IS 'expected share of true statements; low and high hold it with 95 percent';
COMMENT ON COLUMN device_health.beats_expected IS 'regular reports that were due over about the last day';
COMMENT ON COLUMN device_health.beats_missed IS 'of those, the ones that never came';
COMMENT ON COLUMN device_health.battery_v_per_day IS 'trend of the voltage, negative while it empties; NULL where unknown';
COMMENT ON COLUMN device_health.drift IS 'share of its latest changes that were taken back or disputed';
COMMENT ON COLUMN device_health.quarantined_since IS 'NULL while the device is trusted; else nothing it says counts';

CREATE VIEW device_health_now AS
SELECT DISTINCT ON (device_id) * FROM device_health ORDER BY device_id, as_of DESC;
