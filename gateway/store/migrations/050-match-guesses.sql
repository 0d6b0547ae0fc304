-- A failed match counts once, however often and in whatever spelling it is tried again: it tells nothing new.
-- guess is a keyed hash of what was compared. Of failures from before, and of replicas that do not write it yet, it is NULL.
ALTER TABLE match_failure ADD COLUMN guess bytea;
CREATE UNIQUE INDEX match_failure_guess ON match_failure (agreement, subject, guess);

-- As before (003-admission.sql), but a guess that has failed already does not count as under way too.
CREATE OR REPLACE FUNCTION begin_match_attempt(
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
    SELECT count(DISTINCT a.guess) AS pending FROM match_attempt AS a
     WHERE a.agreement = in_agreement AND a.subject = in_subject AND a.guess <> in_guess
       AND a.at > clock_timestamp() - interval '60 seconds'
       AND NOT EXISTS (
         SELECT FROM match_failure AS known
          WHERE known.agreement = a.agreement AND known.subject = a.subject AND known.guess = a.guess
            AND known.at > clock_timestamp() - interval '24 hours'
       )
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
