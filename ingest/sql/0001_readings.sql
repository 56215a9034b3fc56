-- What devices said, and what was refused. Written by the street process only.
CREATE SEQUENCE reading_blocks INCREMENT 10000;  -- a writer takes ids in blocks

-- The columns of `readings`; the table itself is made by 0002, as the server at hand does it best.
CREATE TABLE reading_columns (
    reading_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    observed_at timestamptz NOT NULL,
    device_id text NOT NULL,
    berth_id text,
    family text NOT NULL,
    kind smallint NOT NULL,
    boot integer NOT NULL,
    seq bigint NOT NULL,
    occupied boolean,
    plate text,
    plate_colour text,
    plate_confidence real,
    quality smallint NOT NULL,
    battery_v real,
    payload bytea
);
COMMENT ON COLUMN reading_columns.payload IS 'the message as received; NULL for heartbeats, whose columns say all';

CREATE TABLE rejects (
    reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    device_id text
);
CREATE INDEX rejects_by_time ON rejects (received_at);
