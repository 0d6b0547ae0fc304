-- Topics: what the gateway writes to, what it only keeps, and what is to go. One row for each generation, for good: it
-- says when and why a topic went.
CREATE TABLE kafka_topic (
  topic text COLLATE "C" PRIMARY KEY,
  agreement text COLLATE "C" NOT NULL,
  registry text COLLATE "C" NOT NULL,
  entity text COLLATE "C" NOT NULL,
  -- the agreement's: a system, or an agency
  consumer text COLLATE "C" NOT NULL,
  -- what was granted when the generation began: leaves of the entity, and values by scope dimension (NULL: all rows)
  fields text[] NOT NULL,
  scope json,
  -- Whether the gateway made it. Only what it made it deletes: `making` is committed before Kafka is asked, so that a
  -- topic that is there afterwards is known to be its own; `found` was there before.
  origin text NOT NULL DEFAULT 'unknown' CHECK (origin IN ('unknown', 'making', 'made', 'found')),
  -- open: written to; kept: an older generation that may still be read; ending: to be deleted; deleted: gone, or left
  -- to whoever made it
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'kept', 'ending', 'deleted')),
  -- why it is no longer open: a fixed word
  reason text,
  -- when a topic that is kept goes
  delete_after timestamptz,
  -- request id of the evidence of its end
  evidence_id uuid,
  opened_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX kafka_topic_there ON kafka_topic (topic) WHERE state <> 'deleted';
