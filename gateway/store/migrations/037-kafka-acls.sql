-- Access rules that the gateway has set in Kafka, or is about to: a row is committed before Kafka is asked to add the
-- rule, and removed after it has been taken back. What stands nowhere here is somebody else's and left alone.
CREATE TABLE kafka_acl (
  principal text COLLATE "C" NOT NULL,
  resource text COLLATE "C" NOT NULL CHECK (resource IN ('topic', 'group')),
  name text COLLATE "C" NOT NULL,
  pattern text COLLATE "C" NOT NULL CHECK (pattern IN ('literal', 'prefixed')),
  operation text COLLATE "C" NOT NULL CHECK (operation IN ('read', 'describe')),
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, resource, name, pattern, operation)
);
