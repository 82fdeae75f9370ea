"""What programs ask that watch the process."""

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse

from pipeline.logs import get_logger
from pipeline.monitor.health import Readiness, ReadyProbe, check_ready
from pipeline.monitor.metrics import CONTENT_TYPE, metrics_text
from pipeline.web.edge import WebEdge

log = get_logger(__name__)


def watching(edge: WebEdge) -> APIRouter:
    """Build the routes for probes and for Prometheus."""
    router = APIRouter(tags=["watching"])

    def look() -> Readiness:
        readiness = check_ready(edge.store, edge.queue, edge.clock.now())
        if not readiness.ready:
            log.warning("not_ready", problems=readiness.problems, causes=readiness.causes)
        return readiness

    probe = ReadyProbe(look)

    @router.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        """Say that the process lives; looks at nothing else."""
        return "ok\n"

    @router.get(
        "/readyz", response_class=PlainTextResponse, responses={503: {"description": "What is wrong"}}
    )
    def readyz() -> PlainTextResponse:
        """Say whether queue and storage accept a write; the log, and `newswire doctor`, say why not."""
        readiness = probe.ask()
        words = "\n".join(readiness.problems) or "ready"
        return PlainTextResponse(f"{words}\n", 200 if readiness.ready else 503)

    @router.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Give the state as Prometheus metrics."""
        return Response(metrics_text(edge.snapshot()), media_type=CONTENT_TYPE)

    return router
