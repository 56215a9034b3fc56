-- What squads say of sensors, for whoever keeps the devices: follow it by action_no.
CREATE VIEW sensor_faults_told AS
SELECT f.action_no, v.berth_id, v.section_id, f.acted_at, f.received_at, f.body->>'note' AS note
FROM field_actions AS f JOIN violations AS v USING (violation_id)
WHERE f.action = 'sensor_fault' AND f.refusal IS NULL;
COMMENT ON VIEW sensor_faults_told IS 'findings of squads that a berth''s sensor is wrong; who found it is not told';
