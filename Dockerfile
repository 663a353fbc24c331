# syntax=docker/dockerfile:1
# Images are pinned by digest; `make pin` moves them to what their tags mean today.
FROM node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --omit=dev
COPY web ./
RUN npm run build

FROM python:3.13-slim-bookworm@sha256:a1165e272e578941b84abc79e4ab38a0305cd12803a5c4247979ac7655f4d641 AS build
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
ENV UV_PROJECT_ENVIRONMENT=/opt/gateway UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
# The packages first: they change less often than the code.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra tracing --no-install-project
COPY README.md LICENSE alembic.ini ./
COPY migrations migrations
COPY schema schema
COPY scripts/hatch_build.py scripts/hatch_build.py
COPY gateway gateway
COPY --from=web /src/gateway/http/static/app gateway/http/static/app
RUN uv sync --frozen --no-dev --extra tracing --no-editable

FROM python:3.13-slim-bookworm@sha256:a1165e272e578941b84abc79e4ab38a0305cd12803a5c4247979ac7655f4d641
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/gateway gateway \
    && install --directory --owner gateway --mode 0700 /var/lib/gateway/tmp
COPY --from=build /opt/gateway /opt/gateway
# What is unpacked lies on the volume: /tmp may be memory.
ENV PATH=/opt/gateway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    GATEWAY_ENVIRONMENT=production \
    GATEWAY_DATA_DIR=/var/lib/gateway \
    TMPDIR=/var/lib/gateway/tmp \
    GATEWAY_HTTP_HOST=0.0.0.0 \
    GATEWAY_LOG_FORMAT=json
USER gateway
WORKDIR /var/lib/gateway
VOLUME /var/lib/gateway
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# The image has no PostgreSQL server: GATEWAY_DATABASE_URL names one.
CMD ["gateway", "serve"]
