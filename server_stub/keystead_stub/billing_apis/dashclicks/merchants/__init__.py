"""`dashclicks`: merchants, who sell on connected Stripe accounts of their own."""

API = "dashclicks"
