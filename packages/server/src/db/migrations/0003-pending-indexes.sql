-- While a table has no statistics the planner takes any index whose condition the query implies,
-- and read all pending uploads of everybody through these to find one person's. Now only a query
-- that compares the indexed column implies the condition.
DROP INDEX uploads_idle;
CREATE INDEX uploads_idle ON uploads (check_at)
  WHERE state = 'pending' AND check_at IS NOT NULL;
DROP INDEX uploads_pending_of_file;
CREATE INDEX uploads_pending_of_file ON uploads (file_id)
  WHERE state = 'pending' AND file_id IS NOT NULL;
