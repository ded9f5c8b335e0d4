# The host in a container: one image, one volume (/data), one health check.
# NODE_IMAGE names the base; pin the very bytes with --build-arg NODE_IMAGE=docker.io/library/node:26-slim@sha256:… (docs/containers.md).
ARG NODE_IMAGE=docker.io/library/node:26-slim
# Stage 1 installs what production needs; the image itself gets no package manager cache and no development packages.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 # Of the viewer of /docs only what is served: 2 MB of 13.
 && find node_modules/swagger-ui-dist -type f ! -name package.json ! -name swagger-ui-bundle.js ! -name swagger-ui.css ! -name 'LICENSE*' ! -name NOTICE -delete

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="CoSync Auth host" \
      org.opencontainers.image.description="Self-hosted authentication for mobile and web apps" \
      org.opencontainers.image.licenses="MIT"
# Threads share two heaps of the C library instead of having one each: 9 MiB less of a busy host.
ENV NODE_ENV=production DATA_DIR=/data NODE_COMPILE_CACHE=/app/.compile-cache METRICS_HOST=0.0.0.0 MALLOC_ARENA_MAX=2
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY server server
COPY setup setup
COPY client client
COPY cli cli
COPY portal portal
COPY templates templates
COPY samples/web samples/web
COPY docker/entrypoint.mjs docker/health-check.mjs docker/warm-up.mjs docker/
# Compiles every module once, so that a start only reads; the folder is never written again.
RUN node docker/warm-up.mjs && mkdir /data && chown 10001:10001 /data && chmod 700 /data
USER 10001:10001
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["node", "docker/health-check.mjs"]
# Node is PID 1: it handles SIGTERM and SIGINT itself (draining) and starts no processes that would need reaping.
ENTRYPOINT ["node", "--disable-sigusr1", "--max-semi-space-size=8", "docker/entrypoint.mjs"]
