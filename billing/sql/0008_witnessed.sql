-- For how long a plate proves the vehicle of a stay that only a sensor saw: nothing else of it is charged.
ALTER TABLE stays ADD COLUMN witnessed_from_at timestamptz;
ALTER TABLE stays ADD COLUMN witnessed_until_at timestamptz;
ALTER TABLE stays ADD CONSTRAINT stays_witnessed CHECK (
    (witnessed_from_at IS NULL) = (witnessed_until_at IS NULL) AND witnessed_from_at <= witnessed_until_at);
COMMENT ON COLUMN stays.witnessed_from_at IS 'null: the whole stay may be charged; see billing/witnesses.py';
