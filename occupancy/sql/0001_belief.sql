-- What the city believes of its berths. Written by the street process only.
CREATE TABLE partitions (
    partition integer PRIMARY KEY,
    epoch bigint NOT NULL DEFAULT 0,
    owner text NOT NULL DEFAULT '',
    seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON COLUMN partitions.epoch IS 'moves when a worker takes the partition; a worker with an older one is refused';

CREATE TABLE batches (
    batch_no bigint PRIMARY KEY,
    first_reading_id bigint,
    last_reading_id bigint,
    advanced_at timestamptz,
    committed_at timestamptz NOT NULL
);
COMMENT ON TABLE batches IS 'what each transaction took in, so that the engine can be replayed exactly';
COMMENT ON COLUMN batches.advanced_at IS 'the now of that turn''s advance, NULL where time was not advanced';

CREATE TABLE grid_snapshots (
    batch_no bigint PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    body bytea NOT NULL,
    intake bytea NOT NULL
);
COMMENT ON COLUMN grid_snapshots.intake IS 'the windows of sequence numbers at the same batch';

CREATE TABLE transitions (
    partition integer NOT NULL,
    seq bigint NOT NULL,
    berth_id text NOT NULL,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    earliest_at timestamptz NOT NULL,
    latest_at timestamptz NOT NULL,
    confidence real NOT NULL,
    cause text NOT NULL,
    reading_id bigint,
    replaces_seq bigint,
    committed_at timestamptz NOT NULL,
    PRIMARY KEY (partition, seq),
    CHECK (earliest_at <= latest_at)
);
CREATE INDEX transitions_by_berth ON transitions (berth_id, seq);

CREATE TABLE sightings (
    partition integer NOT NULL,
    seq bigint NOT NULL,
    berth_id text NOT NULL,
    observed_at timestamptz NOT NULL,
    plate text NOT NULL,
    plate_colour text NOT NULL,
    confidence real NOT NULL,
    device_id text NOT NULL,
    reading_id bigint NOT NULL,
    committed_at timestamptz NOT NULL,
    PRIMARY KEY (partition, seq)
);
CREATE INDEX sightings_by_berth ON sightings (berth_id, observed_at);

CREATE TABLE berth_states (
    berth_id text PRIMARY KEY,
    state smallint NOT NULL,
    since_at timestamptz NOT NULL,
    confidence real NOT NULL,
    seq bigint NOT NULL,
    heard_until timestamptz NOT NULL,
    received_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON COLUMN berth_states.heard_until IS 'newest observed_at that supports the state; written within 10 s';
COMMENT ON COLUMN berth_states.received_at IS 'when anything of the berth was last received; written within 10 s';

CREATE TABLE section_counts (
    section_id text NOT NULL,
    batch_no bigint NOT NULL,
    as_of timestamptz NOT NULL,
    free integer NOT NULL,
    occupied integer NOT NULL,
    unknown integer NOT NULL,
    closed integer NOT NULL,
    PRIMARY KEY (section_id, batch_no)
);
