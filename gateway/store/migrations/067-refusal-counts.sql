-- A count of refusals is evidence too. The gateway's own role adds to a row of the minute, and does nothing else to it: it neither
-- counts down nor moves a row to a minute that is over, where `delete_expired_evidence` would delete it.
CREATE FUNCTION refusal_count_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.minute = OLD.minute AND NEW.source = OLD.source AND NEW.code = OLD.code AND NEW.count >= OLD.count THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'refusal_count only grows' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER refusal_count_only_grows BEFORE UPDATE ON refusal_count
  FOR EACH ROW EXECUTE FUNCTION refusal_count_only_grows();
