-- How a login ended: by its own device, or (false, with `revoked_at`) from elsewhere.
ALTER TABLE devices ADD COLUMN logged_out boolean NOT NULL DEFAULT false;
