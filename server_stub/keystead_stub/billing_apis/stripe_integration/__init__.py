"""The billing API ``stripe-integration``: tenants, invoices and payment intents."""
