-- Who else is told of violations, how far, and what they could not be told. Written by the enforcement process
-- and, for adding and removing, by the `citypark webhook` command.
CREATE TABLE webhooks (
    webhook_id text PRIMARY KEY,
    url text NOT NULL,
    secret text NOT NULL,
    after_no bigint NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    last_error text,
    added_at timestamptz NOT NULL,
    removed_at timestamptz
);
COMMENT ON COLUMN webhooks.after_no IS 'event_no up to which everything was delivered or is a dead letter';
COMMENT ON COLUMN webhooks.attempts IS 'failed attempts at the event after after_no';

CREATE TABLE dead_letters (
    webhook_id text NOT NULL REFERENCES webhooks,
    event_no bigint NOT NULL REFERENCES violation_events,
    attempts integer NOT NULL,
    error text NOT NULL,
    died_at timestamptz NOT NULL,
    PRIMARY KEY (webhook_id, event_no)
);
