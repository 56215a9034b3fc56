-- What cameras and hand-helds see beyond berths. Written by the enforcement process, which is also their reader.
CREATE TABLE observations (
    observation_no bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    device_id text NOT NULL,
    boot integer NOT NULL,
    seq bigint NOT NULL,
    scene text NOT NULL,
    observed_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    section_id text NOT NULL,
    berth_id text,
    lon double precision,
    lat double precision,
    track text NOT NULL,
    plate text,
    plate_colour text,
    plate_confidence real,
    fleet text NOT NULL,
    confidence real NOT NULL,
    quality smallint NOT NULL,
    PRIMARY KEY (device_id, boot, seq),
    CHECK ((lon IS NULL) = (lat IS NULL))
);
COMMENT ON COLUMN observations.observation_no IS 'one writer, so it grows by commit and is the cursor of judging';
CREATE INDEX observations_by_section ON observations (section_id, observed_at);

CREATE TABLE observation_rejects (
    reject_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL
);

-- What an area observation finds need not concern a berth, nor a driver.
ALTER TABLE violations ALTER COLUMN berth_id DROP NOT NULL;
ALTER TABLE violations ADD COLUMN addressee text NOT NULL DEFAULT 'squad'
    CHECK (addressee IN ('squad', 'city', 'operator'));
ALTER TABLE violations ADD COLUMN observed boolean NOT NULL DEFAULT false;
ALTER TABLE violations ADD COLUMN lon double precision;
ALTER TABLE violations ADD COLUMN lat double precision;
COMMENT ON COLUMN violations.addressee IS 'whom the finding is for; only what is for squads can become a case';
COMMENT ON COLUMN violations.observed IS 'found in area observations, not in stays and sightings';
CREATE INDEX violations_by_scene ON violations (section_id, since_at) WHERE observed;
CREATE INDEX violations_elsewhere ON violations ((evidence->>'elsewhere')) WHERE evidence ? 'elsewhere';
