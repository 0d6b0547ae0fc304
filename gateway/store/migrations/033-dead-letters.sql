-- Dead letters: events that a destination refused for good. No data and no identifier: the change is in the outbox, by
-- its position, for as long as the outbox keeps it.
CREATE TABLE dead_letter (
  -- kafka, webhook
  sink text COLLATE "C" NOT NULL,
  -- topic; subscription
  destination text COLLATE "C" NOT NULL,
  agreement text COLLATE "C" NOT NULL,
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  -- the number that is missing at the destination
  sequence bigint NOT NULL,
  -- the agreement's pseudonym of the subject, and the version
  event_id text NOT NULL,
  version bigint NOT NULL,
  -- a fixed word
  reason text NOT NULL,
  refused_at timestamptz NOT NULL DEFAULT now(),
  -- when it was taken back to be sent again; refused once more, it is NULL again
  replayed_at timestamptz,
  PRIMARY KEY (sink, destination, sequence)
);
CREATE INDEX dead_letter_refused_at ON dead_letter (refused_at);

-- Where the present generation of a stream began. What was told before was told by another grant, and cannot be told
-- again with the same numbers. Of streams that are there already it is not known: as far as they have come.
ALTER TABLE relay_cursor ADD COLUMN since_position bigint, ADD COLUMN since_sequence bigint;
UPDATE relay_cursor SET since_position = position, since_sequence = sequence;
ALTER TABLE relay_cursor ALTER COLUMN since_position SET NOT NULL, ALTER COLUMN since_sequence SET NOT NULL;
