-- How other rooms look stays up: those that run, and those around a moment.
CREATE INDEX stays_open ON stays (berth_id) WHERE state = 'open';
CREATE INDEX stays_by_berth ON stays (berth_id, arrived_earliest_at);
