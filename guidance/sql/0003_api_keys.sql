-- Who may ask the API for what, and who did what. Written by the guidance process and `citypark keys` only.
CREATE TABLE api_keys (
    key_id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    plate text,
    token_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    CHECK (created_at < expires_at)
);
COMMENT ON COLUMN api_keys.token_sha256 IS 'tokens are 256 random bits, so a plain hash of one cannot be guessed back';

CREATE TABLE audit_log (
    entry_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    who text NOT NULL,
    role text NOT NULL,
    address text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    status integer NOT NULL
);
COMMENT ON TABLE audit_log IS 'append only: every request that changes something, and every one that was not allowed';
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE FUNCTION guidance_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION guidance_append_only();
