-- Evidence: who was given, or refused, what. Append-only; see gateway/evidence/README.md.

-- Which fields a grant discloses and withholds: written once, by its digest, committed before the first row of
-- evidence that names it. No foreign key: it would lock one row here for every row of evidence, and the gateway
-- never deletes from this table.
CREATE TABLE field_set (
  digest bytea PRIMARY KEY,
  disclosed text[] NOT NULL,
  withheld text[] NOT NULL
);

CREATE TABLE evidence (
  -- UUIDv7, made by the gateway: a group that is sent again after a lost connection is not stored twice.
  id uuid PRIMARY KEY,
  -- PostgreSQL's clock, one for all replicas: when the entry's group was committed.
  at timestamptz NOT NULL DEFAULT now(),
  request_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('disclosure', 'refusal', 'publication', 'delivery')),
  agency text NOT NULL,
  system text NOT NULL,
  key_thumbprint text,
  token_id text,
  agreement text,
  purpose text,
  legal_basis text[] NOT NULL,
  case_id text,
  officer_id text,
  service text NOT NULL,
  -- Keyed hashes (HMAC-SHA-256) of the persons' numbers, and the name of the key, which is not in this database.
  key_version text NOT NULL,
  subjects bytea[] NOT NULL,
  fields bytea,
  status smallint NOT NULL,
  code text,
  -- SHA-256 over salt, then the exact bytes. With the salt erased, nobody can try out what the bytes were.
  salt bytea,
  request_digest bytea,
  response_digest bytea
);

-- Retention, and an auditor's period.
CREATE INDEX evidence_at ON evidence (at);
-- Every use of one person's data, at once (Law 91/2025).
CREATE INDEX evidence_subjects ON evidence USING gin (subjects) WHERE subjects <> '{}';

-- An entry never changes, except that its salt may be erased. It may be deleted only in a transaction that declares
-- the retention in whole months (SET LOCAL lienthong.evidence_retention_months), and only when it is older than that.
-- One month is the shortest retention of TCVN 14423:2026.
CREATE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  months integer := nullif(current_setting('lienthong.evidence_retention_months', true), '')::integer;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    OLD.salt := NULL;
    IF NEW IS NOT DISTINCT FROM OLD THEN
      RETURN NEW;
    END IF;
  ELSIF TG_OP = 'DELETE' THEN
    IF months >= 1 AND OLD.at < now() - make_interval(months => months) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'evidence is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER evidence_is_append_only BEFORE UPDATE OR DELETE ON evidence
  FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only();
CREATE TRIGGER evidence_is_never_emptied BEFORE TRUNCATE ON evidence
  FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only();

-- What an auditor reads: each entry with its field lists.
CREATE VIEW evidence_entry AS
  SELECT e.id, e.at, e.request_id, e.kind, e.agency, e.system, e.key_thumbprint, e.token_id, e.agreement, e.purpose,
         e.legal_basis, e.case_id, e.officer_id, e.service, e.key_version, e.subjects,
         f.disclosed, f.withheld, e.status, e.code, e.salt, e.request_digest, e.response_digest
    FROM evidence e LEFT JOIN field_set f ON f.digest = e.fields;

-- Refusals that leave no entry: nobody without a key can fill the log.
CREATE TABLE refusal_count (
  minute timestamptz NOT NULL,
  source text NOT NULL,
  code text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (minute, source, code)
);
