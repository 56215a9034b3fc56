-- Who put a right on record, and why it was changed.
ALTER TABLE rights ADD COLUMN recorded_by text NOT NULL DEFAULT '';
ALTER TABLE rights ADD COLUMN remark text NOT NULL DEFAULT '';
