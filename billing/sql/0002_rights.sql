-- Passes, exemptions and other rights of plates. Written by `citypark rights`; billing reads and rates again.
CREATE TABLE rights (
    right_id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    change_no bigint NOT NULL UNIQUE,
    kind text NOT NULL,
    plate text NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    section_ids text[] NOT NULL,
    reason text NOT NULL,
    document text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (right_id, version),
    CHECK (from_at <= to_at)
);
COMMENT ON TABLE rights IS 'append only; the highest version of a right counts, an empty span withdraws it';
CREATE INDEX rights_by_plate ON rights (plate);
CREATE TRIGGER rights_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rights
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE billing_marks (
    name text PRIMARY KEY,
    value bigint NOT NULL
);
COMMENT ON TABLE billing_marks IS 'how far billing has read what has no partitions, such as rights';

CREATE INDEX stays_by_plate ON stays (plate, arrived_latest_at) WHERE plate IS NOT NULL;
