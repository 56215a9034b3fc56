-- Plain PostgreSQL: one partition a day, made ahead by the street process; what has no day yet waits in the last.
CREATE TABLE readings (LIKE reading_columns INCLUDING ALL) PARTITION BY RANGE (received_at);
CREATE TABLE readings_without_day PARTITION OF readings DEFAULT;
CREATE INDEX readings_by_id ON readings (reading_id);
CREATE INDEX readings_by_berth ON readings (berth_id, observed_at) WHERE kind <> 1;
