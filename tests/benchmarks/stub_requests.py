"""The stub's license status, against a bare ASGI answer with the same cryptography.

Every request has a token and a fresh proof. What counts is how long the server is on a core for
it: that is what one core can serve, whatever else the machine has to do.
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.customer import Customer, buy_license, status_path
from benchmarks.environment import BenchmarkEnvironment
from benchmarks.http_load import Connections, request
from benchmarks.measurement import Sampler, take_turns
from benchmarks.processes import Weight, running_process
from benchmarks.results import PER_SECOND, Row, of_turns
from keystead.wire.nyra import LICENSE_STATUS

_AIM = 1.5
_TURNS = 12
_REQUESTS = 200
_CONNECTIONS = 8


def measure(stage: BenchmarkEnvironment) -> list[Row]:
    customer = buy_license(stage.stub)
    environ = stage.stub_environ | {"BENCHMARK_LICENSE": customer.license}
    command = [*stage.peer("bare_backend"), customer.key.thumbprint]
    with ExitStack() as stack:
        bare = stack.enter_context(running_process(command, environ))
        url = bare.line()
        contenders = {
            "floor": _asked(stack, Weight(bare.pid), url, customer),
            "ours": _asked(stack, Weight(stage.stub.pid), stage.stub.url, customer),
        }
        turns = take_turns(contenders, stage.turns(_TURNS))
    what = "stub, GET /api/license/status"
    peer = "bare ASGI, same cryptography"
    return [of_turns(turns, what=what, peer=peer, unit=PER_SECOND, aim=_AIM)]


def _asked(stack: ExitStack, server: Weight, url: str, customer: Customer) -> Sampler:
    """Seconds that the server works for a request."""
    connections = stack.enter_context(Connections(url, _CONNECTIONS))

    def sample() -> float:
        requests = [_request(url, customer) for _ in range(_REQUESTS)]
        begin = server.busy()
        connections.send_all(requests)
        return (server.busy() - begin) / _REQUESTS

    return sample


def _request(url: str, customer: Customer) -> bytes:
    headers = {
        "Authorization": f"DPoP {customer.token}",
        "DPoP": customer.proof(url + LICENSE_STATUS),
    }
    return request(url, status_path(customer.key.thumbprint), headers)
