-- Trust: DPoP proofs that were used.

-- Each is accepted once, by all replicas together (RFC 9449, 11.1). Unlogged: they matter for two minutes, and a call
-- must not wait for a disk for them.
CREATE UNLOGGED TABLE used_proof (
  digest bytea PRIMARY KEY,         -- half of SHA-256 of the key's thumbprint and jti
  expires_at timestamptz NOT NULL
);

-- Since when used_proof is complete. Unlogged too: it is lost whenever used_proof is.
CREATE UNLOGGED TABLE used_proof_since (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  since timestamptz NOT NULL
);
INSERT INTO used_proof_since (since) VALUES ('epoch');

-- Takes proofs, and tells which of them had been taken before. In the order of the key, so that two replicas with the
-- same proofs wait for each other and never in a circle.
CREATE FUNCTION use_proofs(in_digests bytea[], in_expiries float8[], OUT used bytea[], OUT since timestamptz)
LANGUAGE plpgsql AS $$
BEGIN
  WITH given AS (
    SELECT digest, to_timestamp(expiry) AS expires_at FROM unnest(in_digests, in_expiries) AS g (digest, expiry)
  ), taken AS (
    INSERT INTO used_proof (digest, expires_at) SELECT digest, expires_at FROM given ORDER BY digest
    ON CONFLICT DO NOTHING RETURNING digest
  )
  SELECT coalesce(array_agg(digest), '{}') INTO used FROM given WHERE digest NOT IN (SELECT digest FROM taken);
  SELECT s.since INTO since FROM used_proof_since AS s;
  IF since IS NULL THEN
    INSERT INTO used_proof_since (since) VALUES (clock_timestamp()) ON CONFLICT DO NOTHING;
    SELECT s.since INTO since FROM used_proof_since AS s;
  END IF;
END
$$;

-- A refusal's reason: the word that narrows its code (token_invalid, proof_replayed).
ALTER TABLE evidence ADD COLUMN reason text;
CREATE OR REPLACE VIEW evidence_entry AS
  SELECT e.id, e.at, e.request_id, e.kind, e.agency, e.system, e.key_thumbprint, e.token_id, e.agreement, e.purpose,
         e.legal_basis, e.case_id, e.officer_id, e.service, e.key_version, e.subjects,
         f.disclosed, f.withheld, e.status, e.code, e.salt, e.request_digest, e.response_digest, e.reason
    FROM evidence e LEFT JOIN field_set f ON f.digest = e.fields;
