-- The gateway's own role may neither own evidence nor delete it. What is older than its time is deleted by a function of the
-- owner's, and how long that time is at least, the owner says.

CREATE TABLE evidence_retention (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  months integer NOT NULL CHECK (months >= 1)
);
INSERT INTO evidence_retention (months) VALUES (12);

-- Deletes at most so many entries, and all refusal counts, that are older than the months given or the owner's, whichever is
-- longer. The schema is named, and a session's own tables come last: nobody puts another `evidence_retention` in its way.
DO $do$
BEGIN
  EXECUTE format($sql$
    CREATE FUNCTION delete_expired_evidence(in_months integer, at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $body$
    DECLARE
      kept integer := greatest(in_months, 1, (SELECT months FROM %1$I.evidence_retention));
      oldest timestamptz := now() - make_interval(months => kept);
      deleted integer;
    BEGIN
      PERFORM set_config('lienthong.evidence_retention_months', kept::text, true);
      DELETE FROM %1$I.evidence WHERE id = ANY (ARRAY(
        SELECT id FROM %1$I.evidence WHERE at < oldest ORDER BY at LIMIT at_most FOR UPDATE SKIP LOCKED));
      GET DIAGNOSTICS deleted = ROW_COUNT;
      DELETE FROM %1$I.refusal_count WHERE minute < oldest;
      PERFORM set_config('lienthong.evidence_retention_months', '', true);
      RETURN deleted;
    END
    $body$
  $sql$, current_schema());
END
$do$;
REVOKE ALL ON FUNCTION delete_expired_evidence(integer, integer) FROM PUBLIC;
