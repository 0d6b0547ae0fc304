-- Replays: an operator has changes sent again. The leader of the sink performs them.
CREATE TABLE replay (
  id uuid PRIMARY KEY,
  -- kafka, webhook
  sink text COLLATE "C" NOT NULL,
  -- agreement/registry/entity; subscription
  subscriber text COLLATE "C" NOT NULL,
  -- where to go back to: what follows is sent again, with the same numbers
  position bigint NOT NULL,
  sequence bigint NOT NULL,
  by text NOT NULL,
  reason text NOT NULL,
  requested_at timestamptz NOT NULL DEFAULT now(),
  -- performed; void: what is granted has changed meanwhile, or the subscriber is gone
  outcome text CHECK (outcome IN ('performed', 'void')),
  settled_at timestamptz
);
CREATE INDEX replay_pending ON replay (sink, requested_at) WHERE outcome IS NULL;
