-- A repeated completion that doesn't name its upload finds the last one done; without this it would
-- read every upload of the last week.
CREATE INDEX uploads_done_of_file ON uploads (file_id, created_at) WHERE state = 'done';
