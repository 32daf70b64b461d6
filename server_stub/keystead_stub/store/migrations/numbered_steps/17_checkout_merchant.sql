ALTER TABLE checkout_devices ADD COLUMN merchant TEXT;
