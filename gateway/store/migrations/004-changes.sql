-- The outbox: changes of registries, in gapless positions, and who has taken them how far.
-- Names and identifiers are compared as bytes (COLLATE "C"): their order means nothing, and bytes compare fastest.

-- One row a registry. Its lock is what puts changes in an order: whoever stores changes takes it as the last step
-- of a transaction, so positions have no gaps and follow the order of commits.
CREATE TABLE stream (
  registry text COLLATE "C" PRIMARY KEY,
  -- position of the newest change; 0: none yet
  last bigint NOT NULL DEFAULT 0,
  -- changes up to this position were removed; a reader further back has missed some
  pruned bigint NOT NULL DEFAULT 0
);

CREATE TABLE change (
  registry text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  entity text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  -- the registry's own number, per subject
  version bigint NOT NULL,
  operation text NOT NULL CHECK (operation IN ('created', 'updated', 'deleted')),
  -- RFC 3339, as the registry wrote it
  occurred_at text NOT NULL,
  -- JSON Pointers
  changed_fields json NOT NULL,
  -- the state after the change, canonical (RFC 8785); null when deleted
  data json,
  -- bytes of data, so that a reader can bound what it takes without touching it
  size integer NOT NULL,
  -- SHA-256 of the canonical form of what the registry sent
  digest bytea NOT NULL,
  -- a newer version was known when this one came: kept, not relayed
  superseded boolean NOT NULL,
  -- scope dimensions of the state before and after; null: not known, or no state
  dimensions_before json,
  dimensions_after json,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (registry, position),
  CONSTRAINT change_identity UNIQUE (registry, entity, subject, version),
  CHECK ((operation = 'deleted') = (data IS NULL))
);

-- The newest known version of each subject. Outlives the outbox: by it a late duplicate is recognised, and a record
-- that leaves an agreement's scope is known to have been inside.
CREATE TABLE subject_head (
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  digest bytea NOT NULL,
  dimensions json,
  PRIMARY KEY (registry, entity, subject)
) WITH (fillfactor = 70);

-- Who may relay now. Expiry is by this database's clock; each new holder gets a new epoch.
CREATE TABLE relay_lease (
  name text PRIMARY KEY,
  holder text NOT NULL,
  epoch bigint NOT NULL,
  expires_at timestamptz NOT NULL
);

-- How far each agreement stream has been sent. Written only under the epoch that the row carries.
CREATE TABLE relay_cursor (
  agreement text COLLATE "C" NOT NULL,
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  -- a change of the agreement's fields or scope begins a new one, with a topic of its own
  generation integer NOT NULL,
  grant_digest text NOT NULL,
  topic text NOT NULL,
  -- everything up to this position was sent, or is not for this agreement
  position bigint NOT NULL,
  -- of the event sent last; 0: none yet
  sequence bigint NOT NULL,
  epoch bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (agreement, registry, entity)
);
