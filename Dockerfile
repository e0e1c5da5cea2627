# Souk in a container: `docker build -t souk .`, then docs/operations.md.
FROM python:3.11-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /opt/souk && /opt/souk/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --no-deps \
    -r requirements.lock
COPY bot bot
COPY connectors connectors
COPY queries queries
RUN /opt/souk/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home souk && chmod 700 /data
COPY --from=build /opt/souk /opt/souk
# One volume holds everything: warehouse, credentials (sealed), state, backups.
ENV PATH=/opt/souk/bin:$PATH SOUK_HOME=/data PYTHONUNBUFFERED=1
USER souk
WORKDIR /data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["souk"]
CMD ["bot"]
