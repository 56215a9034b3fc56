-- The register of devices: what each is, how it speaks, and which berth it tells of from when to when.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE device_profiles (
    profile_id text PRIMARY KEY,
    family text NOT NULL,
    heartbeat interval NOT NULL CHECK (heartbeat > interval '0'),
    missed_heartbeats real NOT NULL CHECK (missed_heartbeats >= 1),
    allowance interval NOT NULL CHECK (allowance >= interval '0'),
    adapts boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE device_profiles IS
    'a device is silent after missed_heartbeats * heartbeat + allowance; where adapts, sooner by its own rhythm';

CREATE TABLE devices (
    device_id text PRIMARY KEY,
    family text NOT NULL,
    profile_id text NOT NULL REFERENCES device_profiles,
    firmware text NOT NULL DEFAULT '',
    serial text NOT NULL DEFAULT '',
    approval text NOT NULL DEFAULT '',
    announced_on date,
    calibrated_on date,
    calibration_ends_on date,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    in_file boolean NOT NULL,
    edited_at timestamptz,
    edited_by text,
    CHECK (calibrated_on <= calibration_ends_on)
);
COMMENT ON COLUMN devices.approval IS 'document of the legal and technical review (APL 41)';
COMMENT ON COLUMN devices.announced_on IS 'day on which its location was announced (APL 41)';
COMMENT ON COLUMN devices.in_file IS 'it came from the city''s files';
COMMENT ON COLUMN devices.edited_at IS 'edited here: from then on the city''s files do not change it';

CREATE TABLE bindings (
    binding_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id text NOT NULL REFERENCES devices,
    berth_id text NOT NULL,
    from_at timestamptz,
    until_at timestamptz,
    bound_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK (from_at < until_at),
    EXCLUDE USING gist (device_id WITH =, tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX bindings_by_berth ON bindings (berth_id);
COMMENT ON COLUMN bindings.from_at IS 'NULL: since ever';

CREATE TABLE register_version (version bigint NOT NULL);
INSERT INTO register_version VALUES (1);
COMMENT ON TABLE register_version IS 'one row; moves with every change of the register, so that the street reads it again';

CREATE TABLE discovered_devices (
    device_id text PRIMARY KEY,
    families text NOT NULL,
    topic text NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    messages bigint NOT NULL,
    last_payload bytea NOT NULL
);
COMMENT ON COLUMN discovered_devices.families IS 'families whose codec reads what it said, separated by blanks';

CREATE TABLE device_habits (
    device_id text PRIMARY KEY,
    heard_at timestamptz NOT NULL,
    gaps_s real[] NOT NULL,
    delays_s double precision[] NOT NULL,
    interval_s real,
    offset_s double precision
) WITH (fillfactor = 50);
COMMENT ON COLUMN device_habits.interval_s IS 'its own heartbeat as observed, NULL while too little was heard';
COMMENT ON COLUMN device_habits.offset_s IS 'how far its clock is ahead of ours (behind: negative), NULL while unsure';

CREATE TABLE silence_limits (
    batch_no bigint NOT NULL,
    berth_id text NOT NULL,
    silence interval NOT NULL,
    PRIMARY KEY (berth_id, batch_no)
);
CREATE INDEX silence_limits_by_batch ON silence_limits (batch_no);
COMMENT ON TABLE silence_limits IS 'from which batch on a berth''s devices may be silent for how long, where not as in the city''s files';
