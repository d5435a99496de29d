# One image for all three processes; the command says which. See compose.yaml and docs/howto/production.md.
FROM python:3.13-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /opt/ocma
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY src src
COPY migrations migrations
RUN uv sync --frozen --no-dev --no-editable --extra otel

FROM python:3.13-slim
RUN useradd --uid 10001 --home-dir /opt/ocma --shell /usr/sbin/nologin ocma \
    && install -d -o ocma -g ocma -m 700 /opt/ocma/media
COPY --from=build /opt/ocma/.venv /opt/ocma/.venv
WORKDIR /opt/ocma
ENV PATH=/opt/ocma/.venv/bin:$PATH OCMA_MEDIA_DIR=/opt/ocma/media
USER ocma
EXPOSE 8000
HEALTHCHECK --start-period=30s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["ocma", "api", "--host", "0.0.0.0"]
