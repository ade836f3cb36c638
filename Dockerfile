# Images of the two programs:
#   docker build --target hub  -t federation-hub .
#   docker build --target edge -t meshcore-room .
# Nothing is compiled: Node runs the sources. The only native code, serialport's, comes compiled for amd64, arm64 and arm.
# The same Node as the one the tests run with (package.json).
FROM node:24.21.0-bookworm-slim AS base
LABEL org.opencontainers.image.licenses="MIT" org.opencontainers.image.version="0.1.0"
WORKDIR /opt/meshcore-federation
ENV NODE_ENV=production
COPY package.json package-lock.json LICENSE ./
# No scripts of packages: none of those in production needs one.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY common ./common
COPY infra/health-check.ts ./infra/health-check.ts

# --- hub: config in /etc/federation-hub, data (without Redis) in /var/lib/federation-hub; nothing else is written -------
FROM base AS hub
LABEL org.opencontainers.image.title="federation-hub" \
      org.opencontainers.image.description="MeshCore room federation: the hub that the room servers of all cities link to"
COPY hub ./hub
RUN install -d -o node -g node -m 700 /var/lib/federation-hub
USER 1000:1000
VOLUME /var/lib/federation-hub
EXPOSE 8443
# /livez says that this process answers, whatever its store does: a container is not restarted for Redis' fault.
ENV HEALTH_URL=https://127.0.0.1:8443/livez
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["sh", "-c", "exec node infra/health-check.ts \"$HEALTH_URL\""]
ENTRYPOINT ["node", "hub/main.ts"]
CMD ["run", "--config", "/etc/federation-hub/hub.conf"]

# --- edge: config in /etc/meshcore, data and identity.pem in /var/lib/meshcore; nothing else is written -----------------
FROM base AS edge
LABEL org.opencontainers.image.title="meshcore-room" \
      org.opencontainers.image.description="MeshCore room federation: the room server of one city"
COPY edge ./edge
RUN install -d -o node -g node -m 750 /var/lib/meshcore
USER 1000:1000
VOLUME /var/lib/meshcore
# MeshCore apps, links from peers, status and API, lines
EXPOSE 5000 5001 5002 5003
# As under systemd: a small young generation and a bound on the heap, for machines with little memory.
ENV NODE_OPTIONS="--max-semi-space-size=1 --max-old-space-size=256" MALLOC_ARENA_MAX=1
ENV HEALTH_URL=http://127.0.0.1:5002/livez
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["sh", "-c", "exec node infra/health-check.ts \"$HEALTH_URL\""]
ENTRYPOINT ["node", "edge/main.ts"]
CMD ["run", "--config", "/etc/meshcore/room.conf"]
