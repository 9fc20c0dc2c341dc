"""A provider on a bad day: a share of the requests gets 429, 500, a cut connection or a truncated body."""

from itertools import count

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_api.randomness import uniforms

SPARED = ("/docs", "/openapi.json")
CUT = "tally.cut"  # ASGI extension of mock_api.server: close the connection once what was sent is out


class Chaos:
    """ASGI middleware. Which request fails, and how, follows from the seed and the request's number."""

    def __init__(self, app: ASGIApp, rate: float, seed: int) -> None:
        self.app = app
        self.rate = rate
        self.seed = seed
        self.numbers = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or spoil its answer."""
        if scope["type"] != "http" or scope["path"].startswith(SPARED):
            return await self.app(scope, receive, send)
        chance, kind = uniforms(self.seed, "chaos", next(self.numbers), 2)
        if chance >= self.rate:
            return await self.app(scope, receive, send)
        if kind < 0.25:
            response = JSONResponse(
                {"detail": "Too many requests: try again."},
                status_code=429,
                headers={"Retry-After": "1"},
            )
            return await response(scope, receive, send)
        if kind < 0.5:
            response = JSONResponse({"detail": "Internal error: try again."}, status_code=500)
            return await response(scope, receive, send)
        if kind < 0.75:
            return await self._cut(scope, receive)
        return await self._truncate(scope, receive, send)

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        scope["extensions"][CUT]()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _truncate(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Announce the whole body, send its first half, close."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        start, *rest = messages
        body = b"".join(bytes(message.get("body", b"")) for message in rest)
        MutableHeaders(scope=start)["Content-Length"] = str(max(len(body), 1))
        await send(start)
        await send(
            {
                "type": "http.response.body",
                "body": body[: len(body) // 2],
                "more_body": True,
            }
        )
        await self._cut(scope, receive)
