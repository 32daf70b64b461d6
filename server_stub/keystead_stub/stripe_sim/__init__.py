"""Stripe, simulated in the stub's own database and on its own clock.

`engine` runs transactions, time and webhooks; `resources` holds Stripe's objects and what can be
done to them; `rest` and `hosted` serve them as Stripe's API and pages. Nothing here knows of
licenses or of the vendor's backend.
"""
