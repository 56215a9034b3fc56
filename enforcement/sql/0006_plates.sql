-- A right that comes late is looked for among what was found of its plate.
CREATE INDEX violations_by_plate ON violations (plate) WHERE plate IS NOT NULL;
