# Two stages: the build tools stay behind. The image runs any part: fetch, work, web or run.
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE NOTICE CHANGELOG.md ./
RUN python -m venv /opt/newswire \
    && /opt/newswire/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY pipeline pipeline
COPY workers workers
COPY config config
RUN /opt/newswire/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --create-home newswire \
    && install -d -o newswire /data /config
COPY --from=build /opt/newswire /opt/newswire
ENV PATH=/opt/newswire/bin:$PATH NEWSWIRE_DATA=/data PYTHONUNBUFFERED=1
USER newswire
VOLUME /data
EXPOSE 8600
ENTRYPOINT ["newswire"]
CMD ["run"]
