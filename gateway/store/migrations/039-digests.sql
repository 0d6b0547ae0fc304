-- Digests of copies: made by one replica, answered by any, kept for some minutes.

CREATE TABLE digest (
  id uuid PRIMARY KEY,
  agreement text COLLATE "C" NOT NULL,
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  -- of the agreement's fields and scope when it was made
  grant_digest text NOT NULL,
  state text NOT NULL CHECK (state IN ('computing', 'ready', 'failed')),
  -- when failed: the code of the problem
  code text,
  -- while it is being made: until when its maker is believed to be alive; afterwards: until when it is kept
  expires_at timestamptz NOT NULL,
  computed_at timestamptz,
  -- of the registry's stream: the rows are the state after all changes up to here
  position bigint,
  -- of the agreement's topic at that position; null without Kafka
  topic json,
  rows bigint,
  -- records that could not be decided
  unreadable bigint,
  -- of the whole
  hash bytea
);

-- One at a time for each agreement and entity.
CREATE UNIQUE INDEX digest_computing ON digest (agreement, registry, entity) WHERE state = 'computing';

-- The rows by the first character of their subjects.
CREATE TABLE digest_part (
  digest uuid NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
  prefix text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  hash bytea NOT NULL,
  -- subjects, versions and hashes, sealed: a bare hash of few possible states is soon reversed
  rows bytea NOT NULL,
  PRIMARY KEY (digest, prefix)
);
