-- Admission: what the replicas must know of each other to hold limits together.

-- Live replicas, by their heartbeats. Unlogged, as it is worthless after a crash, and a heartbeat costs no disk flush.
CREATE UNLOGGED TABLE replica (
  id uuid PRIMARY KEY,
  seen_at timestamptz NOT NULL
);

-- How much of a quota the replicas have reserved: used calls, and what they hold in hand.
CREATE TABLE quota_use (
  agreement text NOT NULL,
  -- '2026-11-22' or '2026-11', in Vietnam's time (UTC+7).
  period text NOT NULL,
  reserved bigint NOT NULL CHECK (reserved >= 0),
  -- Size of the last chunk that was reserved: how the reserving statement tells what it got.
  chunk bigint NOT NULL,
  PRIMARY KEY (agreement, period)
);

-- Failed matches of the last 24 hours. subject and guess are keyed hashes; the key is not in this database.
CREATE TABLE match_failure (
  agreement text NOT NULL,
  subject bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX match_failure_subject ON match_failure (agreement, subject, at);
CREATE INDEX match_failure_at ON match_failure (at);

-- Attempts whose answer is not known yet. Unlogged: a lookup that matches, as nearly all do, costs no disk flush.
-- A crash of PostgreSQL forgets them, and fails the calls that they stand for.
CREATE UNLOGGED TABLE match_attempt (
  id uuid PRIMARY KEY,
  agreement text NOT NULL,
  subject bytea NOT NULL,
  guess bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX match_attempt_subject ON match_attempt (agreement, subject);

-- Reserves an attempt: NULL when it may go on, otherwise after how many seconds to come back.
-- One call, so that the lock is held for no round trip; a function, so that the count is read after the lock was got
-- (one statement would count what it saw before it waited). Failures and pending attempts are counted by one
-- statement: between two, an attempt could turn from pending to failed and be in neither count.
CREATE FUNCTION begin_match_attempt(
  attempt uuid, in_agreement text, in_subject bytea, in_guess bytea, allowed integer
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  failures integer;
  oldest timestamptz;
  pending integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(in_agreement || encode(in_subject, 'hex'), 0));
  SELECT f.failures, f.oldest, p.pending INTO failures, oldest, pending FROM (
    -- The newest failures: when the oldest of them leaves the 24 hours, one more may be tried.
    SELECT count(*) AS failures, min(at) AS oldest FROM (
      SELECT at FROM match_failure
       WHERE agreement = in_agreement AND subject = in_subject AND at > clock_timestamp() - interval '24 hours'
       ORDER BY at DESC LIMIT allowed
    ) AS newest
  ) AS f, (
    -- Equal guesses share one answer and tell no more than one of them does.
    SELECT count(DISTINCT guess) AS pending FROM match_attempt
     WHERE agreement = in_agreement AND subject = in_subject AND guess <> in_guess
       AND at > clock_timestamp() - interval '60 seconds'
  ) AS p;
  IF failures >= allowed THEN
    RETURN greatest(1, ceil(extract(epoch FROM oldest + interval '24 hours' - clock_timestamp())));
  ELSIF failures + pending >= allowed THEN
    RETURN 60;
  END IF;
  INSERT INTO match_attempt (id, agreement, subject, guess) VALUES (attempt, in_agreement, in_subject, in_guess);
  RETURN NULL;
END
$$;
