-- How enforcement looks stays up in tables that billing owns: those that run, and those around a moment.
CREATE INDEX stays_running ON stays (berth_id) WHERE state = 'open';
CREATE INDEX stays_around ON stays (berth_id, arrived_earliest_at);
