-- Writes: what agencies asked registries to change, until it is settled, and what became of it for seven days.

CREATE TABLE write (
  -- UUIDv7, made by the gateway: by it the registry knows the request, and the evidence of the intent is the row with
  -- this id.
  id uuid PRIMARY KEY,
  -- HMAC of system, service and Idempotency-Key. The key of the HMAC is not in this database.
  key bytea NOT NULL UNIQUE,
  -- HMAC of the request: the same key with another request is refused
  request bytea NOT NULL,
  service text NOT NULL,
  state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'applied', 'rejected')),
  begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- until then whoever asked the registry is expected to settle it; afterwards any replica does
  lease_until timestamptz NOT NULL,
  -- how often the registry was asked what became of it
  asked integer NOT NULL DEFAULT 0,
  -- Sealed (AES-256-GCM) under keys that are not in this database: what settling needs, while it is pending; then what
  -- the registry answered.
  intent bytea,
  outcome bytea,
  settled_at timestamptz,
  CHECK ((state = 'pending') = (intent IS NOT NULL)),
  CHECK ((state = 'pending') = (outcome IS NULL)),
  CHECK ((state = 'pending') = (settled_at IS NULL))
);
CREATE INDEX write_pending ON write (lease_until) WHERE state = 'pending';
CREATE INDEX write_begun_at ON write (begun_at) WHERE state <> 'pending';

-- A write leaves evidence of its intent and of its outcome. The words are a closed list of the code
-- (gateway/evidence/evidence.ts).
ALTER TABLE evidence DROP CONSTRAINT evidence_kind_check;
ALTER TABLE evidence ADD CONSTRAINT evidence_kind_check CHECK (kind ~ '^[a-z]{1,20}$');
