-- What people told signs to show instead, and until when. Written by the guidance process only.
CREATE TABLE sign_overrides (
    override_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sign_id text NOT NULL,
    lines jsonb NOT NULL,
    reason text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    lifted_by text,
    lifted_at timestamptz,
    CHECK (set_at < until_at),
    CHECK ((lifted_by IS NULL) = (lifted_at IS NULL))
);
COMMENT ON TABLE sign_overrides IS 'the newest one of a sign stands until it is lifted or its time is over';
CREATE INDEX sign_overrides_by_sign ON sign_overrides (sign_id, override_no);
