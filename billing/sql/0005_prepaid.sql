-- Prepaid balances: accounts with plates, what came in, and what was taken for stays.
CREATE TABLE prepaid_events (
    event_no bigint PRIMARY KEY,
    account_id text NOT NULL,
    event text NOT NULL CHECK (event IN ('opened', 'bound', 'released', 'closed')),
    plate text,
    remark text NOT NULL DEFAULT '',
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK ((plate IS NOT NULL) = (event IN ('bound', 'released')))
);
COMMENT ON TABLE prepaid_events IS 'append only; which plates an account pays for follows from its events in order';
CREATE INDEX prepaid_events_by_plate ON prepaid_events (plate) WHERE plate IS NOT NULL;
CREATE INDEX prepaid_events_by_account ON prepaid_events (account_id);
CREATE TRIGGER prepaid_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prepaid_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE prepaid_topups (
    topup_no bigint PRIMARY KEY,
    topup_id text NOT NULL UNIQUE,
    account_id text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    channel text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON COLUMN prepaid_topups.topup_id IS 'the payment channel''s own reference: told twice, booked once';
CREATE TRIGGER prepaid_topups_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prepaid_topups
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE prepaid_debits (
    debit_no bigint PRIMARY KEY,
    stay_id text NOT NULL REFERENCES stays,
    charge_id text NOT NULL REFERENCES charges,
    account_id text NOT NULL,
    amount_fen bigint NOT NULL,
    refused text NOT NULL DEFAULT '',
    decided_at timestamptz NOT NULL,
    CHECK ((amount_fen = 0) = (refused <> ''))
);
COMMENT ON TABLE prepaid_debits IS 'append only; taken is positive, given back negative, nothing where it was refused';
CREATE INDEX prepaid_debits_by_stay ON prepaid_debits (stay_id);
CREATE INDEX prepaid_debits_by_account ON prepaid_debits (account_id);
CREATE TRIGGER prepaid_debits_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prepaid_debits
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Money that comes in belongs to no charge yet.
ALTER TABLE ledger_entries ALTER COLUMN charge_id DROP NOT NULL;
ALTER TABLE ledger_entries ADD CHECK ((charge_id IS NULL) = (cause = 'topup'));
CREATE INDEX ledger_entries_of_prepaid ON ledger_entries (account) WHERE account LIKE 'prepaid/%';
