-- A topic whose stream is held up by the topic itself: what Kafka says, and since when. Any replica tells it.
-- The partitions that it had when it was last looked at: fewer than that is another topic of the same name.
-- An agreement's topics and subscriptions wait for its return until then, once it has left the catalogue.
ALTER TABLE kafka_topic
  ADD COLUMN trouble text,
  ADD COLUMN trouble_since timestamptz,
  ADD COLUMN partitions integer,
  ADD COLUMN held_until timestamptz;
ALTER TABLE subscription ADD COLUMN held_until timestamptz;
