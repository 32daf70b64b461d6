"""The desktop window: it shows what the daemon says, and asks the daemon for what a person wants.

    entry → app → (first paint) → session ─ link ─ daemon
                                     │
                                   models (pure) → pages

It holds no license, no key and no token, decides nothing about activation, and never waits.
"""
