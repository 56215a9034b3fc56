-- Snapshots are compressed before they are sent; those of before are not.
ALTER TABLE grid_snapshots
    ADD COLUMN packed boolean NOT NULL DEFAULT false,
    ALTER COLUMN body SET STORAGE EXTERNAL,
    ALTER COLUMN intake SET STORAGE EXTERNAL;
