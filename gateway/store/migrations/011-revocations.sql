-- Revocations: who and what is out, on every replica within two seconds.

CREATE TABLE revocation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- key: RFC 7638 thumbprint of a client's key, or SHA-256 of its certificate; token: its jti
  kind text NOT NULL CHECK (kind IN ('agency', 'system', 'key', 'token', 'agreement')),
  value text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  by text NOT NULL,
  reason text NOT NULL,
  -- nothing is deleted: a revocation that was lifted says so
  lifted_at timestamptz,
  lifted_by text,
  lifted_reason text
);
CREATE UNIQUE INDEX revocation_in_force ON revocation (kind, value) WHERE lifted_at IS NULL;

-- Counts the changes of the table above, in the order of commits: who knows the newest knows them all.
CREATE TABLE revocation_version (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version bigint NOT NULL
);
INSERT INTO revocation_version (version) VALUES (0);

CREATE FUNCTION revocation_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE revocation_version SET version = version + 1;
  NOTIFY revocations;
  RETURN NULL;
END
$$;
CREATE TRIGGER revocation_changed AFTER INSERT OR UPDATE OR DELETE ON revocation
  FOR EACH STATEMENT EXECUTE FUNCTION revocation_changed();

-- A revocation and its lifting leave evidence.
ALTER TABLE evidence DROP CONSTRAINT evidence_kind_check;
ALTER TABLE evidence ADD CONSTRAINT evidence_kind_check
  CHECK (kind IN ('disclosure', 'refusal', 'publication', 'delivery', 'revocation'));
