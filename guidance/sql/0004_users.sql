-- Who may sign in, and the sessions that they opened. Written by the guidance process and `citypark users` only.
CREATE TABLE users (
    name text PRIMARY KEY,
    role text NOT NULL,
    plate text,
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz
);
COMMENT ON COLUMN users.password_hash IS 'argon2id with its parameters and salt, as argon2-cffi writes it';

CREATE TABLE user_sessions (
    session_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    family_id text NOT NULL,
    name text NOT NULL REFERENCES users (name),
    address text NOT NULL,
    access_sha256 bytea NOT NULL UNIQUE,
    refresh_sha256 bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL,
    access_until timestamptz NOT NULL,
    refresh_until timestamptz NOT NULL,
    replaced_at timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE user_sessions IS 'a row a pair of tokens; those that follow one another by refreshing are a family';
COMMENT ON COLUMN user_sessions.replaced_at IS 'its refresh token was used; used again, the whole family is revoked';
CREATE INDEX user_sessions_by_family ON user_sessions (family_id);
CREATE INDEX user_sessions_by_name ON user_sessions (name, created_at);

CREATE TABLE sign_ins (
    attempt_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    address text NOT NULL,
    at timestamptz NOT NULL,
    succeeded boolean NOT NULL
);
COMMENT ON TABLE sign_ins IS 'every attempt to sign in; failures of the last minutes lock out';
CREATE INDEX sign_ins_by_name ON sign_ins (name, at);
CREATE INDEX sign_ins_by_address ON sign_ins (address, at);
