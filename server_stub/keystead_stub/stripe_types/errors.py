"""The error that simulated and live Stripe raise."""

from keystead.errors import KeysteadError


class StripeError(KeysteadError):
    """A refused request: `code` is Stripe's error code, `status` its HTTP status.

    `param` names the parameter that the error is about, if it is about one.

    The simulation uses `resource_missing` (404), `invalid_request` (400), `illegal_transition`
    (409), and `card_declined` and the other card errors (402). Only live mode raises
    `stripe_unreachable` (502).
    """

    def __init__(
        self, sentence: str, *, code: str, status: int = 400, param: str | None = None
    ) -> None:
        super().__init__(sentence, code=code)
        self.status = status
        self.param = param
