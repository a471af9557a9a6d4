-- Content that its client had compressed: what the store holds of it. `size` counts the file's own
-- bytes everywhere; both are null where the two are the same.
ALTER TABLE uploads ADD COLUMN stored_size bigint, ADD COLUMN content_encoding text;
ALTER TABLE objects ADD COLUMN stored_size bigint, ADD COLUMN content_encoding text;
