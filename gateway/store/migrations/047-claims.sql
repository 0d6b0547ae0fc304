-- A record that only publishers with a scope have spoken of is a claim: where it is, the registry may say otherwise.
ALTER TABLE subject_head ADD COLUMN claimed boolean NOT NULL DEFAULT false;

-- A change of a claim that was corrected stands no more (null) and is superseded. Its version is free: nulls are distinct.
ALTER TABLE change ADD COLUMN stands boolean DEFAULT true;
CREATE UNIQUE INDEX change_standing ON change (registry, entity, subject, version, stands);
ALTER TABLE change DROP CONSTRAINT change_identity;
