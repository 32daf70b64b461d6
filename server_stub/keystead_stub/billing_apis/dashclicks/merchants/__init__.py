"""`dashclicks`: merchants, each of whom sells on a Stripe account of their own."""

API = "dashclicks"
