-- What people, or the rule of silence, decided about stays. Evidence like any row of the street.
CREATE TABLE stay_decisions (
    decision_no bigint PRIMARY KEY,
    berth_id text NOT NULL,
    stay_id text NOT NULL,
    verb text NOT NULL CHECK (verb IN ('release', 'void', 'split', 'lapse')),
    at timestamptz,
    plate text,
    holds text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    CHECK ((at IS NOT NULL) = (verb IN ('split', 'lapse'))),
    CHECK (plate IS NULL OR verb = 'release')
);
COMMENT ON TABLE stay_decisions IS 'append only; the last release or void of a stay counts';
COMMENT ON COLUMN stay_decisions.at IS 'of a split when the vehicles changed, of a lapse until when silence had lasted';
COMMENT ON COLUMN stay_decisions.holds IS 'the reasons of doubt that were decided upon, separated by blanks';
CREATE INDEX stay_decisions_by_berth ON stay_decisions (berth_id);
CREATE TRIGGER stay_decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stay_decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
