"""The billing APIs as a client speaks them: requests and answers, one module a dialect.

Licenses and devices are the same at all of them (`licenses`); a dialect (`dialect`) says how plans,
checkout, portal and invoices are asked for. None of them does I/O: `client` carries out.
"""
