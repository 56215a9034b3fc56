-- Refused messages can be sent through again once the cause is mended, each with effect at most once.
ALTER TABLE rejects
    ADD COLUMN size integer,
    ADD COLUMN replay_requested_at timestamptz,
    ADD COLUMN replayed_at timestamptz,
    ADD COLUMN replay_refused text,
    ADD COLUMN reading_id bigint;
COMMENT ON COLUMN rejects.size IS 'of the whole message; where the payload is shorter, the rest was not kept';
COMMENT ON COLUMN rejects.replay_requested_at IS 'somebody asked for it to be sent through again, and the street has not done so yet';
COMMENT ON COLUMN rejects.replayed_at IS 'when it was last sent through again';
COMMENT ON COLUMN rejects.replay_refused IS 'why it was refused then; NULL where it was taken';
COMMENT ON COLUMN rejects.reading_id IS 'the first reading that it became at last';
CREATE INDEX rejects_requested ON rejects (reject_id) WHERE replay_requested_at IS NOT NULL;
CREATE INDEX rejects_by_device ON rejects (device_id, reject_id);
