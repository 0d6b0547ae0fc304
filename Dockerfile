# Two images: `gateway` (the default) and `sandbox` (simulated registries, demo keys, the command line for trying out).
#
#   docker build -t lienthong .
#   docker build -t lienthong-sandbox --target sandbox .
#
# Nothing is compiled: Node runs the TypeScript files as they are. No secret is in an image; all configuration is the
# environment's (docs/operators/configuration.md). The file system may be mounted read-only.

FROM node:26-bookworm-slim AS base
ENV NODE_ENV=production
WORKDIR /app

FROM base AS dependencies
COPY package.json package-lock.json ./
# Without optional packages: these are Node itself, which the image has, and PostgreSQL, which is a server of its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM base AS application
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY schemas schemas
COPY contracts contracts
COPY adapters adapters
COPY gateway gateway

FROM application AS sandbox
COPY deploy/sandbox deploy/sandbox
# Mount points that belong to the user `node`: an empty volume takes their owner over.
RUN install -d -o node -g node /secrets /postgres-secret data/sandbox/keys
USER node
EXPOSE 8101 8102 8103
ENTRYPOINT ["node"]
CMD ["deploy/sandbox/registries/main.ts", "--host", "0.0.0.0", "--population", "8101", "--business", "8102", "--land", "8103"]

FROM application AS gateway
USER node
EXPOSE 8080 9090
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPERATIONS_PORT || 9090}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "gateway/lienthong.js", "start"]
