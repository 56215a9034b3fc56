-- Stays, what they cost, and the operator's ledger of parking fees. Written by the billing process only.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE billing_positions (
    partition integer PRIMARY KEY,
    seq bigint NOT NULL DEFAULT 0,
    out_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE stays (
    stay_id text PRIMARY KEY,
    partition integer NOT NULL,
    out_seq bigint NOT NULL,
    berth_id text NOT NULL,
    section_id text NOT NULL,
    zone_id text NOT NULL,
    zone_class text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'closed', 'held', 'void')),
    arrived_earliest_at timestamptz NOT NULL,
    arrived_latest_at timestamptz NOT NULL,
    departed_earliest_at timestamptz,
    departed_latest_at timestamptz,
    plate text,
    plate_colour text,
    plate_confidence real,
    arrival_seq bigint NOT NULL,
    departure_seq bigint,
    note text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL,
    UNIQUE (partition, out_seq),
    CHECK (arrived_earliest_at <= arrived_latest_at),
    CHECK (departed_earliest_at <= departed_latest_at),
    -- What is certain of two stays of one berth never overlaps. Eight bytes stand for the berth: three times
    -- faster than its name, and two of a million berths share them with a chance below one in ten million.
    CONSTRAINT stays_never_overlap EXCLUDE USING gist (
        hashtextextended(berth_id, 0) WITH =,
        tstzrange(
            arrived_latest_at,
            CASE WHEN departed_earliest_at IS NOT NULL THEN greatest(arrived_latest_at, departed_earliest_at) END
        ) WITH &&
    ) WHERE (state <> 'void') DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 80);
COMMENT ON COLUMN stays.departed_earliest_at IS 'alone, without departed_latest_at: interrupted, last proof then';
COMMENT ON COLUMN stays.note IS 'what is particular, as words separated by blanks; see billing/stays.py';
CREATE INDEX stays_by_arrival_seq ON stays (berth_id, arrival_seq);
CREATE INDEX stays_unsettled ON stays (berth_id) WHERE state IN ('open', 'held');
CREATE INDEX stays_by_arrival ON stays (arrived_latest_at, stay_id);
CREATE INDEX stays_by_section ON stays (section_id, arrived_latest_at, stay_id);

CREATE TABLE charges (
    charge_id text PRIMARY KEY,
    stay_id text NOT NULL REFERENCES stays,
    version integer NOT NULL CHECK (version > 0),
    amount_fen bigint NOT NULL CHECK (amount_fen >= 0),
    zone_class text NOT NULL,
    tariff text NOT NULL,
    document_no text NOT NULL,
    lines jsonb NOT NULL,
    notes jsonb NOT NULL,
    charged_from_at timestamptz,
    charged_to_at timestamptz,
    minutes integer NOT NULL,
    cause text NOT NULL CHECK (cause IN ('departure', 'correction', 'withdrawn')),
    replaces text REFERENCES charges,
    rated_at timestamptz NOT NULL,
    UNIQUE (stay_id, version),
    CHECK ((replaces IS NULL) = (version = 1))
);
CREATE INDEX charges_by_time ON charges (rated_at);
COMMENT ON TABLE charges IS 'append only; a stay owes what its highest version says';

CREATE TABLE ledger_entries (
    entry_no bigint PRIMARY KEY,
    transaction_id text NOT NULL,
    book text NOT NULL CHECK (book = 'parking'),
    account text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen <> 0),
    cause text NOT NULL,
    charge_id text NOT NULL REFERENCES charges,
    booked_at timestamptz NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (transaction_id, account)
);
COMMENT ON TABLE ledger_entries IS 'append only; debits are positive; fines and concession payments have tables of their own';
COMMENT ON COLUMN ledger_entries.hash IS 'SHA-256 over the hash before it and this entry; see billing/ledger.py';
CREATE INDEX ledger_entries_by_charge ON ledger_entries (charge_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only: book a correction instead', TG_TABLE_NAME;
END $$;
CREATE TRIGGER charges_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON charges
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION check_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(amount_fen) FROM ledger_entries WHERE transaction_id = NEW.transaction_id) <> 0 THEN
        RAISE EXCEPTION 'ledger transaction % does not sum to zero', NEW.transaction_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_balance();
