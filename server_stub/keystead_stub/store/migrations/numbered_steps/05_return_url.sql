ALTER TABLE checkout_devices ADD COLUMN return_url TEXT;
