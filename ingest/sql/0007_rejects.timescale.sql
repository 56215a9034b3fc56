-- TimescaleDB: refused messages too are kept by the week.
ALTER TABLE rejects DROP CONSTRAINT rejects_pkey;
ALTER TABLE rejects ADD PRIMARY KEY (reject_id, received_at);
SELECT create_hypertable(
    'rejects', by_range('received_at', INTERVAL '7 days'), migrate_data => true, create_default_indexes => false
);
