"""A local HTTP server of generated feeds, in a process of its own: `python -m benchmarks.feed_server FEEDS`.

Prints its port. /feed/N is one of the feeds; /fresh/N brings one article that was never there before and
notes on standard output when its last byte was handed over.
"""

import asyncio
import itertools
import socket
import sys
import time

from aiohttp import web

from benchmarks.corpus import Corpus


def main(feeds: int, entries: int = 30) -> None:
    corpus = Corpus()
    bodies = [corpus.rss(f"f{number}", entries) for number in range(feeds)]
    fresh = itertools.count()

    async def feed(request: web.Request) -> web.Response:
        body = bodies[int(request.match_info["number"])]
        return web.Response(body=body, content_type="application/rss+xml", headers={"ETag": f'"{len(body)}"'})

    async def one_fresh(request: web.Request) -> web.StreamResponse:
        name = f"fresh-{next(fresh)}"
        response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await response.prepare(request)
        await response.write(corpus.rss(name, 1))
        await response.write_eof()
        print(f"{name}-0 {time.time()}", flush=True)
        return response

    app = web.Application()
    app.add_routes([web.get("/feed/{number}", feed), web.get("/fresh/{number}", one_fresh)])
    asyncio.run(_serve(app))


async def _serve(app: web.Application) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await web.SockSite(runner, listener).start()
        print(listener.getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    main(int(sys.argv[1]))
