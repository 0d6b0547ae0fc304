-- Registries that are polled: how far each has been read, and what could not be taken.

-- SHA-256 of the canonical state alone ("deleted": of nothing). A poller knows the state after a change and not what
-- the provider says of it, so the two are compared by this. For what a poller stored, digest is the same.
ALTER TABLE change ADD COLUMN state_digest bytea;
UPDATE change SET state_digest = sha256(convert_to(coalesce(data::text, ''), 'UTF8'));
ALTER TABLE change ALTER COLUMN state_digest SET NOT NULL;

-- null: the change left the outbox before this column came
ALTER TABLE subject_head ADD COLUMN state_digest bytea;
UPDATE subject_head h SET state_digest = c.state_digest FROM change c
WHERE c.registry = h.registry AND c.entity = h.entity AND c.subject = h.subject AND c.version = h.version;

-- One row a polled registry. Written only under the epoch that the row carries, in the transaction that stores what
-- was read.
CREATE TABLE poll_cursor (
  registry text COLLATE "C" PRIMARY KEY,
  -- the adapter's own text; null: not read yet
  cursor text,
  -- every change up to here has been read
  read_up_to timestamptz,
  -- of the last page that was stored
  polled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  epoch bigint NOT NULL
);

-- What a poller read and could not take. It holds no record: the registry has it.
CREATE TABLE refused_change (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  -- null: not even that could be read
  subject text COLLATE "C",
  version bigint,
  -- how the registry calls the entry: a dossier's number
  reference text,
  -- a fixed word: contract_violation, change_conflict, malformed …
  reason text NOT NULL,
  -- where in the record, as JSON Pointers or names of fields; never a value
  places text[] NOT NULL,
  first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  times integer NOT NULL DEFAULT 1,
  -- the registry's same or a later state was taken since
  settled_at timestamptz,
  CONSTRAINT refused_change_identity
    UNIQUE NULLS NOT DISTINCT (registry, entity, subject, version, reference, reason)
);
