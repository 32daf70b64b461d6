"""The pages that Stripe would host: checkout, portal, invoice, payment and setup."""
