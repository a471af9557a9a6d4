-- How large a removed object was, where it ever was one: caches keep it in slices, which a purge names.
ALTER TABLE store_removals ADD COLUMN size bigint;
