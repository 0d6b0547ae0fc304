-- Where a record was before it was deleted: whoever may publish there only may not begin it again elsewhere.

-- null: it is not deleted, or nobody knows
ALTER TABLE subject_head ADD COLUMN last_dimensions json;
UPDATE subject_head h SET last_dimensions = c.dimensions_before FROM change c
WHERE h.dimensions IS NULL AND h.version >= 0
  AND c.registry = h.registry AND c.entity = h.entity AND c.subject = h.subject AND c.version = h.version;
