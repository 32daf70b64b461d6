ALTER TABLE restore_requests ADD COLUMN offline_request TEXT;
