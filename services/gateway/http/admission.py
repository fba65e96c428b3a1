"""Who is let in: the token of a request, looked up at most once a second."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from services.chassis.clock import SystemClock
from services.chassis.errors import StoreTrouble
from services.gateway.domain import Scope, Token, digest, looks_like_secret
from services.gateway.http.figures import Figures
from services.gateway.http.limits import Limits
from services.gateway.http.problems import FORBIDDEN, TOO_MANY, UNAUTHENTICATED, Problem, retry_after
from services.gateway.tokens import Tokens

log = logging.getLogger(__name__)

REMEMBERED = 1.0  # seconds that a token is taken to be the same; a revocation counts after that
MOST = 10_000  # tokens that are remembered
_ASK = 'Bearer realm="numberbank"'


@dataclass
class Admission:
    """Lets requests in. `now`: seconds of a clock that goes on steadily."""

    tokens: Tokens
    limits: Limits
    figures: Figures
    now: Callable[[], float]
    _known: dict[str, tuple[Token, float]] = field(default_factory=dict)

    async def admitted(self, authorization: str | None, address: str) -> Token:
        """Give the token of a request. Raises `Problem`."""
        token = await self._token(authorization, address)
        if token is None:
            raise self._stranger(authorization, address)
        if wait := self.limits.asked(token.id):
            raise self._refused(token, Problem(
                TOO_MANY, "This token asks too often; wait as long as Retry-After says.", headers=retry_after(wait)
            ))  # fmt: skip
        return token

    async def stands(self, token: Token) -> bool:
        """Tell whether a token that was let in still lets in; while the database is away, whether it has not ended."""
        now = self.now()
        known, looked = self._known.get(token.id, (None, 0.0))
        if known is None or now - looked >= REMEMBERED:
            try:
                known = await self.tokens.known_by(token.id)
            except StoreTrouble:
                return token.is_good(SystemClock().now())
            self._remember(token.id, known, now)
        return known is not None and known.is_good(SystemClock().now())

    def require(self, token: Token, scope: Scope) -> None:
        """Let go on with a token that is for this. Raises `Problem`."""
        if not token.may(scope):
            detail = f"This token has no scope {scope}; use one that has, or have one made."
            ask = f'{_ASK}, error="insufficient_scope", scope="{scope}"'
            raise self.refused(token, detail, {"WWW-Authenticate": ask})

    def refused(self, token: Token, detail: str, headers: dict[str, str] | None = None) -> Problem:
        """Give the problem of somebody who may not do this, and note it."""
        return self._refused(token, Problem(FORBIDDEN, detail, headers=headers))

    async def _token(self, authorization: str | None, address: str) -> Token | None:
        scheme, _, secret = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not looks_like_secret(secret.strip()):
            return None
        id, now = digest(secret.strip()), self.now()
        known, looked = self._known.get(id, (None, 0.0))
        if known is None or now - looked >= REMEMBERED:
            if known is None and (wait := self.limits.blocked(address)):
                raise self._refused(None, Problem(
                    TOO_MANY, "Too many unknown tokens came from this address; wait as long as Retry-After says.",
                    headers=retry_after(wait),
                ))  # fmt: skip
            known = await self.tokens.known_by(id)
            self._remember(id, known, now)
        return known if known is not None and known.is_good(SystemClock().now()) else None

    def _remember(self, id: str, token: Token | None, now: float) -> None:
        self._known.pop(id, None)
        if token is not None:
            if len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))
            self._known[id] = token, now

    def _stranger(self, authorization: str | None, address: str) -> Problem:
        if authorization is None:
            return self._refused(None, Problem(
                UNAUTHENTICATED, "Authorization is missing; send Bearer and a token (numberbank token create).",
                headers={"WWW-Authenticate": _ASK},
            ))  # fmt: skip
        self.limits.failed(address)
        return self._refused(None, Problem(
            UNAUTHENTICATED, "This token is unknown, revoked or expired; send Bearer and one that is not.",
            headers={"WWW-Authenticate": f'{_ASK}, error="invalid_token"'},
        ))  # fmt: skip

    def _refused(self, token: Token | None, problem: Problem) -> Problem:
        self.figures.refusals.labels(problem.kind.code).inc()
        log.info("refused", extra={"token": token.name if token else None, "code": problem.kind.code})
        return problem
