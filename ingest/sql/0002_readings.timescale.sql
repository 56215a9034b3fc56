-- TimescaleDB: a hypertable, one chunk a day.
CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE TABLE readings (LIKE reading_columns INCLUDING ALL);
SELECT create_hypertable('readings', by_range('received_at', INTERVAL '1 day'), create_default_indexes => false);
CREATE INDEX readings_by_id ON readings (reading_id);
CREATE INDEX readings_by_berth ON readings (berth_id, observed_at) WHERE kind <> 1;
