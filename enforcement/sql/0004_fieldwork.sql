-- Who is on the way to which violation, and what was found there. No place of any person is kept.
CREATE TABLE claims (
    violation_id text NOT NULL REFERENCES violations,
    actor_id text NOT NULL,
    from_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    CHECK (from_at <= until_at),
    -- At any moment at most one squad is on its way.
    CONSTRAINT claims_never_overlap EXCLUDE USING gist (
        violation_id WITH =, tstzrange(from_at, until_at) WITH &&
    )
);
COMMENT ON COLUMN claims.until_at IS 'end of the lease, or when it was let go or handed over before that';
CREATE INDEX claims_by_violation ON claims (violation_id, from_at);

CREATE TABLE field_actions (
    action_no bigint PRIMARY KEY,
    action_key text NOT NULL UNIQUE,
    violation_id text NOT NULL REFERENCES violations,
    actor_id text NOT NULL,
    action text NOT NULL,
    acted_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    body jsonb NOT NULL,
    refusal text
);
COMMENT ON TABLE field_actions IS 'append only; refused actions are kept too, so that a repeated one is answered alike';
COMMENT ON COLUMN field_actions.action_no IS 'ascends by commit: a feed, for device health too (action sensor_fault)';
CREATE INDEX field_actions_by_violation ON field_actions (violation_id, action_no);
CREATE TRIGGER field_actions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON field_actions
    FOR EACH STATEMENT EXECUTE FUNCTION enforcement_append_only();
