-- Indexes over stays are billing's own now (billing/sql/0007).
DROP INDEX stays_running;
DROP INDEX stays_around;
