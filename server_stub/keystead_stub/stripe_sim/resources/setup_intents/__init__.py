"""Setup intents."""
