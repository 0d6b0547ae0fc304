-- Which catalogue took the place of which. Each row belongs to the entry of evidence with its id, whose response digest is over
-- the exact text of the document.
CREATE TABLE catalogue_swap (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  -- SHA-256 over the catalogue's files, hex.
  digest text NOT NULL,
  -- { before, after, cause, operator, ends }; `json` keeps the text as it was written.
  document json NOT NULL
);
CREATE INDEX catalogue_swap_at ON catalogue_swap (at);

CREATE FUNCTION catalogue_swap_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'catalogue_swap is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER catalogue_swap_is_append_only BEFORE UPDATE OR DELETE ON catalogue_swap
  FOR EACH ROW EXECUTE FUNCTION catalogue_swap_is_append_only();
CREATE TRIGGER catalogue_swap_is_never_emptied BEFORE TRUNCATE ON catalogue_swap
  FOR EACH STATEMENT EXECUTE FUNCTION catalogue_swap_is_append_only();
