# Images of the two programs:
#   docker build --target hub  -t federation-hub .
#   docker build --target edge -t meshcore-room .
# Nothing is compiled: Node runs the sources. The only native code, serialport's, comes compiled for amd64, arm64 and arm.
FROM node:24-bookworm-slim AS base
WORKDIR /opt/meshcore-federation
ENV NODE_ENV=production
COPY package.json package-lock.json LICENSE ./
RUN npm ci --omit=dev && npm cache clean --force
COPY common ./common

# --- hub: config in /etc/federation-hub, data (without Redis) in /var/lib/federation-hub --------------------------------
FROM base AS hub
COPY hub ./hub
RUN install -d -o node -g node -m 700 /var/lib/federation-hub
USER node
VOLUME /var/lib/federation-hub
EXPOSE 8443
# /livez says that this process answers, whatever its store does: a container is not restarted for Redis' fault.
# The certificate is not checked: it names the hub's public name, and the question stays inside the container.
ENV HEALTH_URL=https://127.0.0.1:8443/livez
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD node -e "const u=process.env.HEALTH_URL; require(u.split(':')[0]).get(u,{rejectUnauthorized:false,timeout:4000},a=>process.exit(a.statusCode===200?0:1)).on('timeout',()=>process.exit(1)).on('error',()=>process.exit(1))"
ENTRYPOINT ["node", "hub/main.ts"]
CMD ["run", "--config", "/etc/federation-hub/hub.conf"]

# --- edge: config in /etc/meshcore, data and identity.pem in /var/lib/meshcore ------------------------------------------
FROM base AS edge
COPY edge ./edge
RUN install -d -o node -g node -m 750 /var/lib/meshcore
USER node
VOLUME /var/lib/meshcore
# MeshCore apps, status and API, lines
EXPOSE 5000 5001 5002 5003
ENV HEALTH_URL=http://127.0.0.1:5002/livez
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD node -e "const u=process.env.HEALTH_URL; require(u.split(':')[0]).get(u,{rejectUnauthorized:false,timeout:4000},a=>process.exit(a.statusCode===200?0:1)).on('timeout',()=>process.exit(1)).on('error',()=>process.exit(1))"
ENTRYPOINT ["node", "edge/main.ts"]
CMD ["run", "--config", "/etc/meshcore/room.conf"]
