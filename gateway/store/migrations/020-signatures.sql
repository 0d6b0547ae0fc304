-- Message signatures (RFC 9421).

-- Keys that sign responses. Apart from those of tokens: what they signed must verify for years, so that they stay
-- published when they no longer sign. As in signing_key, the private half is encrypted, and nothing else is stored.
CREATE TABLE message_signing_key (
  kid text PRIMARY KEY,
  private_key bytea NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz
);

-- Nonces of signed requests that are not too old yet: each is accepted once, by all replicas together.
CREATE TABLE used_nonce (
  digest bytea PRIMARY KEY,         -- SHA-256 of the key's thumbprint and the nonce
  expires_at timestamptz NOT NULL
);
CREATE INDEX used_nonce_expires_at ON used_nonce (expires_at);

-- What was signed, beside the entry; NULL where nothing was.
ALTER TABLE evidence
  ADD COLUMN request_signature_input text,    -- covered components and parameters, as they were signed
  ADD COLUMN request_signature bytea,
  ADD COLUMN request_signature_base bytea,    -- SHA-256 of the signature base
  ADD COLUMN response_signature bytea;        -- SHA-256 over the entry's salt, then the signature's bytes

CREATE VIEW evidence_signature AS
  SELECT id, at, request_id, agency, system, key_thumbprint, agreement, service, status,
         request_signature_input, request_signature, request_signature_base, salt, response_signature
    FROM evidence
   WHERE request_signature IS NOT NULL OR response_signature IS NOT NULL;
