"""The currencies that Stripe supports, and their decimals: https://docs.stripe.com/currencies.

Pure.
"""

from __future__ import annotations

#: By ISO 4217, in lower case.
CURRENCIES = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd
    cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq
    gyd hkd hnl htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd
    lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk
    php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd top
    try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw
    """.split()
)
_ZERO_DECIMALS = frozenset(
    "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split()
)
_THREE_DECIMALS = frozenset("bhd jod kwd omr tnd".split())


def decimals(currency: str) -> int:
    """Return how many decimals an amount in this currency (ISO 4217, any case) has.

    An amount at Stripe is an integer in units of ``10 ** -decimals``.
    """
    code = currency.lower()
    return 0 if code in _ZERO_DECIMALS else 3 if code in _THREE_DECIMALS else 2
