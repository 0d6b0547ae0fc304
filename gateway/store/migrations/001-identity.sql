-- Identity: the gateway's signing keys, and the client assertions that were accepted.

-- One row per key. The public half is not stored: it is derived from the private half, whose encryption
-- (AES-256-GCM under a key that is not in this database, bound to the kid) also proves that the gateway wrote it.
-- A row added or changed by anybody else is therefore never trusted.
CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  private_key bytea NOT NULL,
  not_before timestamptz NOT NULL,  -- signs from here on
  not_after timestamptz             -- verifies and is published until here; NULL: no end is planned
);

-- Client assertions accepted and not yet expired: each is accepted once, by all replicas together (RFC 7523, 3).
CREATE TABLE accepted_assertion (
  digest bytea PRIMARY KEY,         -- SHA-256 of client and jti
  expires_at timestamptz NOT NULL
);
CREATE INDEX accepted_assertion_expires_at ON accepted_assertion (expires_at);
