-- Whoever writes waits at the door, instead of holding rows that are wanted here; reads go on.
LOCK TABLE files IN EXCLUSIVE MODE;
UPDATE files SET shared_with = counted.people
FROM (SELECT file_id, count(*) AS people FROM grants GROUP BY file_id) counted
WHERE files.id = counted.file_id;
-- "Shared by me" is a range of the few files that are.
CREATE INDEX files_shared ON files (owner_id, id) WHERE shared_with > 0 AND deletion_id IS NULL;
