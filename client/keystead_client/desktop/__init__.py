"""The desktop window: it shows the daemon's state and sends the daemon what the person asks for.

    entry → app → (first paint) → controller ─ daemon connection ─ daemon
                                      │
                             models (pure) → pages

It holds no license, no key and no token, decides nothing about activation, and never blocks.
"""
