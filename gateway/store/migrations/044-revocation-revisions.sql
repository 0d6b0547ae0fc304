-- Replicas read only the revocations that are new to them; clients' revocations of their own tokens end with the tokens.
--
-- revision: the version of the whole list with which a row was written or lifted. Its writer locks the version until it
--   commits, so revisions become visible in their order: a reader of version 7 has every row up to 7.
-- expires_at: of tokens, when the revocation is needed no more.
-- by_client: a client gave up a token of its own (RFC 7009). The row is deleted when the token has ended; the evidence stays.
ALTER TABLE revocation
  ADD COLUMN revision bigint,
  ADD COLUMN expires_at timestamptz,
  ADD COLUMN by_client boolean NOT NULL DEFAULT false;
-- The version with which a revocation in force was last deleted: a replica that knows less reads them all.
ALTER TABLE revocation_version ADD COLUMN removed bigint NOT NULL DEFAULT 0;

DROP TRIGGER revocation_changed ON revocation;
DELETE FROM revocation
 WHERE kind = 'token' AND reason = 'revoked by its own client (RFC 7009)' AND at < now() - interval '2 hours';
UPDATE revocation SET by_client = true
 WHERE kind = 'token' AND reason = 'revoked by its own client (RFC 7009)';
UPDATE revocation SET revision = numbered.revision,
       expires_at = CASE WHEN kind = 'token' THEN at + interval '2 hours' END
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS revision FROM revocation) AS numbered
 WHERE revocation.id = numbered.id;
UPDATE revocation_version SET version = version + 1 + (SELECT count(*) FROM revocation);

ALTER TABLE revocation ALTER COLUMN revision SET NOT NULL;
CREATE UNIQUE INDEX revocation_revision ON revocation (revision);
CREATE INDEX revocation_by_client ON revocation (expires_at) WHERE by_client;
CREATE INDEX revocation_by_operator ON revocation (id) WHERE NOT by_client;

CREATE FUNCTION revocation_revised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE revocation_version SET version = version + 1 RETURNING version INTO NEW.revision;
  -- Whoever issued it, a token lives an hour at most.
  IF NEW.kind = 'token' AND NEW.expires_at IS NULL THEN
    NEW.expires_at := NEW.at + interval '2 hours';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER revocation_revised BEFORE INSERT OR UPDATE ON revocation
  FOR EACH ROW EXECUTE FUNCTION revocation_revised();

CREATE OR REPLACE FUNCTION revocation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NOTIFY revocations;
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_changed AFTER INSERT OR UPDATE ON revocation
  FOR EACH STATEMENT EXECUTE FUNCTION revocation_changed();

CREATE FUNCTION revocation_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Those that have ended are missed by nobody.
  IF EXISTS (SELECT FROM gone WHERE lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now())) THEN
    UPDATE revocation_version SET version = version + 1, removed = version + 1;
    NOTIFY revocations;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_removed AFTER DELETE ON revocation REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION revocation_removed();
