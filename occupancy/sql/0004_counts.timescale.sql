-- TimescaleDB: the counts of sections are kept by the week.
ALTER TABLE section_counts DROP CONSTRAINT section_counts_pkey;
ALTER TABLE section_counts ADD PRIMARY KEY (section_id, batch_no, as_of);
SELECT create_hypertable(
    'section_counts', by_range('as_of', INTERVAL '7 days'), migrate_data => true, create_default_indexes => false
);
