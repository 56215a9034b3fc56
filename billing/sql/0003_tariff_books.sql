-- The texts by which charges were rated, so that each can be worked out again for good.
CREATE TABLE tariff_books (
    digest text PRIMARY KEY,
    files jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE tariff_books IS 'append only; digest is the SHA-256 over the files, see billing/books.py';
CREATE TRIGGER tariff_books_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_books
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE charges ADD COLUMN book_digest text NOT NULL DEFAULT '';
