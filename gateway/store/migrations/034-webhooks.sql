-- Webhooks: who asked to be told where, and how far each has been told.

CREATE TABLE subscription (
  id uuid PRIMARY KEY,
  -- whose it is: the system that made it, under this agreement
  system text COLLATE "C" NOT NULL,
  agency text COLLATE "C" NOT NULL,
  agreement text COLLATE "C" NOT NULL,
  registry text COLLATE "C" NOT NULL,
  -- NULL: all that the agreement grants
  entities text[],
  url text NOT NULL,
  -- what was granted when it was last looked at, by entity: { fields, scope }
  granted json NOT NULL,
  -- active: told; paused: by its owner; ended: for good
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
  -- why it ended: a fixed word
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((state = 'ended') = (reason IS NOT NULL))
);
CREATE INDEX subscription_system ON subscription (system, created_at);
CREATE INDEX subscription_ended ON subscription (changed_at) WHERE state = 'ended';

-- How far each has been told. Written only under the epoch that the row carries.
CREATE TABLE webhook_cursor (
  subscription uuid PRIMARY KEY REFERENCES subscription ON DELETE CASCADE,
  -- everything up to here was told, or is not for this subscription
  position bigint NOT NULL,
  -- of the event told last; 0: none yet
  sequence bigint NOT NULL,
  -- where the present grant began; what was told before cannot be told again with the same numbers
  grant_digest text,
  since_position bigint NOT NULL,
  since_sequence bigint NOT NULL,
  epoch bigint NOT NULL DEFAULT 0,
  told_at timestamptz,
  -- the delivery that failed last: since when, how often, when again, its last number, and why (a fixed word)
  failing_since timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  retry_at timestamptz,
  failing_until bigint,
  failure text
) WITH (fillfactor = 70);

-- Counts the changes of `subscription`, in the order of commits: who knows the newest knows them all.
CREATE TABLE subscription_version (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version bigint NOT NULL
);
INSERT INTO subscription_version (version) VALUES (0);

CREATE FUNCTION subscription_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE subscription_version SET version = version + 1;
  RETURN NULL;
END
$$;
CREATE TRIGGER subscription_changed AFTER INSERT OR UPDATE OR DELETE ON subscription
  FOR EACH STATEMENT EXECUTE FUNCTION subscription_changed();

-- A subscription that is made, paused, resumed or ends leaves evidence, and so does a replay. The words are a closed
-- list of the code (gateway/evidence/evidence.ts).
ALTER TABLE evidence DROP CONSTRAINT evidence_kind_check;
ALTER TABLE evidence ADD CONSTRAINT evidence_kind_check CHECK (kind ~ '^[a-z]{1,20}$');
