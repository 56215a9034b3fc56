-- Cases and their log. Written by whoever takes a step (API, enforcement process), under the lock of the case's row.
CREATE TABLE enforcement_staff (
    actor_id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('operator', 'officer', 'treasury')),
    certificate_no text NOT NULL DEFAULT '',
    token_sha256 text NOT NULL UNIQUE,
    added_at timestamptz NOT NULL,
    left_at timestamptz,
    CHECK ((role = 'officer') = (certificate_no <> ''))
);
COMMENT ON COLUMN enforcement_staff.token_sha256 IS 'of the token that the person was given once; the token itself is not kept';

CREATE SEQUENCE case_numbers;

CREATE TABLE cases (
    case_id text PRIMARY KEY,
    violation_id text NOT NULL REFERENCES violations,
    version integer NOT NULL,
    state text NOT NULL,
    plate text,
    outcome text,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    body jsonb NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN cases.body IS 'the case as its log tells it; the columns beside it are for searching';
-- The same act leads to one case at a time.
CREATE UNIQUE INDEX cases_one_an_act ON cases (violation_id) WHERE state NOT IN ('dismissed', 'withdrawn');
CREATE INDEX cases_by_plate ON cases (plate) WHERE outcome IS NOT NULL;
CREATE INDEX cases_by_time ON cases (opened_at, case_id);

CREATE TABLE case_log (
    case_id text NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    actor_id text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    body jsonb NOT NULL,
    action_key text UNIQUE,
    previous text NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (case_id, seq)
);
COMMENT ON TABLE case_log IS 'append only; each entry carries the hash of the one before, see enforcement/evidence/chain.py';
COMMENT ON COLUMN case_log.action_key IS 'given by the client: a repeated request has its effect once';
CREATE TRIGGER case_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON case_log
    FOR EACH STATEMENT EXECUTE FUNCTION enforcement_append_only();
