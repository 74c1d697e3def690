"""The connections to a server: as many as there may be requests under way, in small pools.

A pool of the SDK's HTTP client looks at all its idle connections for each request that comes or goes, which at 256 of
them costs as much as all the rest. So there is a client for every few connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from cqia.errors import ModelError
from cqia.llm.ask import Model

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    Lines = asyncio.LifoQueue[AsyncOpenAI]

POOL = 8  # connections to a client
LARGEST = 8 << 20  # bytes of a reply; what max_tokens allows is far less


@asynccontextmanager
async def lines(model: Model, key: str) -> AsyncIterator[Lines]:
    """Take one to send a request, and put it back; the one used last comes first, for its connection is warm.

    Raises:
        ModelError: the SDK is not installed.
    """
    try:
        from httpx2 import Limits, create_ssl_context
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient
    except ImportError as error:
        raise ModelError(
            "the package 'openai' is missing", "Install the extra: pip install 'cqia[llm]'; or use model = 'heuristic'."
        ) from error
    limits = Limits(max_connections=POOL, max_keepalive_connections=POOL)
    trust = create_ssl_context()  # once: it reads all certificates of the machine
    free: Lines = asyncio.LifoQueue()
    async with AsyncExitStack() as open_:
        for number in range(model.in_flight):
            if number % POOL == 0:
                http = DefaultAsyncHttpxClient(limits=limits, verify=trust, event_hooks={"response": [_bounded]})
                sdk = await open_.enter_async_context(
                    AsyncOpenAI(
                        base_url=model.base_url, api_key=key, timeout=model.timeout, max_retries=0, http_client=http,
                        default_headers={"Accept-Encoding": "identity"},  # what is unpacked has no bound
                    )
                )  # fmt: skip
            free.put_nowait(sdk)
        yield free


async def _bounded(response: httpx2.Response) -> None:
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        """The bytes of a reply; ``ValueError`` when there are too many."""

        def __init__(self, stream: httpx2.AsyncByteStream) -> None:
            self.stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in self.stream:
                size += len(chunk)
                if size > LARGEST:
                    raise ValueError(f"the reply is larger than {LARGEST >> 20} MiB")
                yield chunk

        async def aclose(self) -> None:
            await self.stream.aclose()

    assert isinstance(response.stream, httpx2.AsyncByteStream)
    response.stream = Bounded(response.stream)
