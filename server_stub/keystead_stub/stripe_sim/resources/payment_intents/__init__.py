"""Payment intents."""
