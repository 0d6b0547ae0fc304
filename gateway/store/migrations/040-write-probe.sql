-- A row of each replica that is written once a second: whether a commit works is found out by one.
CREATE TABLE write_probe (
  replica uuid PRIMARY KEY,
  at timestamptz NOT NULL
);
