# Two images: the gateway of a shop (target edge) and headquarters (target hq,
# without OpenCV and the mirror). .ci/image.sh builds both, with the docker, podman or
# buildah that is there.
#
# Try the whole:
#   docker run --rm --network host --no-healthcheck mirrorcart-edge demo
#
# A gateway, with a camera and a USB printer. Who may see the mirror is told by the
# address that a screen comes from, so it wants the host's network:
#   docker run -d --name mirrorcart --restart always --network host \
#     --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --device /dev/video0 --device /dev/usb/lp0 \
#     -v /etc/mirrorcart:/etc/mirrorcart:ro -v mirrorcart:/var/lib/mirrorcart \
#     mirrorcart-edge
# The user in it, 10001, is of the groups video (44) and lp (7), as Debian numbers
# them; where the host's devices are of others, add --group-add NUMBER. It must be
# able to read /etc/mirrorcart.
#
# Headquarters with its database and broker: firmware-cfg/compose.
#
# The bases can be replaced, by images of one's own registry for example; BUILDER
# and BASE must be the same Debian, as the gateway links its OpenCV.
ARG BUILDER=docker.io/library/golang:1.26-bookworm
ARG NODE=docker.io/library/node:22-bookworm-slim
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${NODE} AS pages
WORKDIR /src/ar/models
COPY ar/models/install.sh ar/models/SHA256SUMS ar/models/package*.json ar/models/.npmrc ./
RUN ./install.sh /models
WORKDIR /src/kiosk/ui
COPY kiosk/ui/package*.json kiosk/ui/.npmrc ./
RUN npm ci --ignore-scripts
COPY kiosk/ui/ ./
RUN npm run build

FROM ${BUILDER} AS modules
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download

FROM modules AS build-hq
COPY . .
ARG VERSION=dev
RUN go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/hq

FROM modules AS build-edge
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ pkg-config libopencv-dev libjpeg-dev \
 && rm -rf /var/lib/apt/lists/*
COPY . .
COPY --from=pages /src/kiosk/ui/dist/ kiosk/ui/dist/
ARG VERSION=dev
RUN GOFLAGS=-tags=gocv_specific_modules,gocv_videoio,gocv_calib3d,gocv_photo \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/edge
# The packages that own the libraries the gateway is linked with.
RUN readelf -d /out/edge | sed -n 's/.*NEEDED.*\[\(lib.*\)\]/\1/p' \
  | xargs -I{} dpkg -S '*/{}' | cut -d: -f1 | sort -u > /out/packages

# A fixed number, so that volumes and secrets can be given to the user from outside.
FROM ${BASE} AS base
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tzdata \
 && apt-get clean && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 mirrorcart \
 && useradd --uid 10001 --gid mirrorcart --groups video,lp --home-dir /var/lib/mirrorcart --shell /usr/sbin/nologin mirrorcart
LABEL org.opencontainers.image.source=https://github.com/mirrorcart/mirrorcart \
      org.opencontainers.image.licenses=Apache-2.0

FROM base AS hq
RUN install -d -o mirrorcart -g mirrorcart -m 0700 /var/lib/mirrorcart-hq
COPY --from=build-hq /out/hq /usr/local/bin/
COPY LICENSE NOTICE firmware-cfg/hq.yaml /usr/share/doc/mirrorcart/
USER mirrorcart
RUN hq version
VOLUME /var/lib/mirrorcart-hq
EXPOSE 8090 8091 9181
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s CMD ["hq", "health"]
ENTRYPOINT ["hq"]
CMD ["run"]

FROM base AS edge
COPY --from=build-edge /out/packages /tmp/packages
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends fonts-droid-fallback < /tmp/packages \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/packages \
 && install -d -o mirrorcart -g mirrorcart -m 0700 /var/lib/mirrorcart
COPY --from=pages /models/ /usr/share/mirrorcart/models/
COPY --from=build-edge /out/edge /usr/local/bin/
COPY LICENSE NOTICE firmware-cfg/edge.yaml /usr/share/doc/mirrorcart/
# ONNX Runtime reports its use to its maker unless it is told not to.
ENV ORT_DISABLE_TELEMETRY=1
USER mirrorcart
RUN edge version
VOLUME /var/lib/mirrorcart
EXPOSE 8080 9180
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s CMD ["edge", "health"]
ENTRYPOINT ["edge"]
CMD ["run"]
