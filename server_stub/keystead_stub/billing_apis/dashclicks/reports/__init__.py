"""Figures of a merchant: the overview, payouts and balance transactions."""
