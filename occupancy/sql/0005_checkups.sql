-- Checkups stand at moments of the evidence's own time; when we wrote them is another matter.
ALTER TABLE device_health ADD COLUMN recorded_at timestamptz;
COMMENT ON COLUMN device_health.as_of IS 'quarter hour of the street''s own time up to which messages count';
COMMENT ON COLUMN device_health.recorded_at IS 'when the row was written, by our clock; NULL for rows of before';
CREATE INDEX device_health_recorded ON device_health (device_id, (coalesce(recorded_at, as_of)));
