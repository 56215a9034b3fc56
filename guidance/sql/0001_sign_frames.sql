-- What every sign was told to show, and when it said that it did. Written by the guidance process only.
CREATE TABLE sign_frames (
    frame_no bigint PRIMARY KEY,
    sign_id text NOT NULL,
    body jsonb NOT NULL,
    text text NOT NULL,
    as_of timestamptz,
    published_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    cause text NOT NULL,
    shown_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON COLUMN sign_frames.as_of IS 'newest evidence from the street when the frame was made';
COMMENT ON COLUMN sign_frames.renewed_at IS 'last time it was sent again unchanged; moved before it is sent';
COMMENT ON COLUMN sign_frames.expires_at IS 'the sign shows this frame until the next one, or until here';
CREATE INDEX sign_frames_by_sign ON sign_frames (sign_id, frame_no);
