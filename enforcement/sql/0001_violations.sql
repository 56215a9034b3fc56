-- What the rules found, and every step of it. Written by the enforcement process only.
CREATE TABLE enforcement_positions (
    feed text NOT NULL,
    partition integer NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (feed, partition)
) WITH (fillfactor = 50);

CREATE TABLE violations (
    violation_id text PRIMARY KEY,
    rule text NOT NULL,
    state text NOT NULL CHECK (state IN ('lead', 'actionable', 'withdrawn')),
    berth_id text NOT NULL,
    section_id text NOT NULL,
    stay_id text,
    plate text,
    plate_colour text,
    since_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    detected_at timestamptz NOT NULL,
    doubts text[] NOT NULL,
    evidence jsonb NOT NULL,
    CHECK (since_at <= until_at)
);
COMMENT ON COLUMN violations.since_at IS 'from when the act is proven to be one';
COMMENT ON COLUMN violations.until_at IS 'last moment at which it is proven to continue';
COMMENT ON COLUMN violations.detected_at IS 'our clock when the rule first found it';
COMMENT ON COLUMN violations.doubts IS 'what a lead lacks to be actionable';
CREATE INDEX violations_by_berth ON violations (berth_id, since_at);
CREATE INDEX violations_by_stay ON violations (stay_id);
CREATE INDEX violations_by_time ON violations (detected_at, violation_id);

CREATE TABLE violation_events (
    event_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    violation_id text NOT NULL REFERENCES violations,
    event text NOT NULL,
    at timestamptz NOT NULL,
    body jsonb NOT NULL
);
COMMENT ON TABLE violation_events IS 'append only; one writer, so event_no grows by commit and is the cursor of the feed';
CREATE INDEX violation_events_by_violation ON violation_events (violation_id, event_no);

CREATE FUNCTION enforcement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER violation_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON violation_events
    FOR EACH STATEMENT EXECUTE FUNCTION enforcement_append_only();
