# A gateway and a collector in one image: edge by default, hq by
#   docker run … --entrypoint hq IMAGE run --config /etc/mirrorcart/hq.yaml
#
# Build:  docker build -t mirrorcart --build-arg VERSION=$(git describe --tags --always) .
# Try:    docker run --rm --network host mirrorcart demo
# Run:    docker run -d --network host --device /dev/video0 \
#           -v /etc/mirrorcart:/etc/mirrorcart:ro -v mirrorcart:/var/lib/mirrorcart \
#           mirrorcart run --config /etc/mirrorcart/edge.yaml
#
# The bases can be replaced, by an image of one's own registry for example; both
# must be the same Debian, as the gateway links its OpenCV.
ARG BUILDER=golang:1.26-bookworm
ARG NODE=node:22-bookworm-slim
ARG BASE=debian:bookworm-slim

FROM ${NODE} AS pages
WORKDIR /src/ar/models
COPY ar/models/install.sh ar/models/SHA256SUMS ar/models/package*.json ar/models/.npmrc ./
RUN ./install.sh /models
WORKDIR /src/kiosk/ui
COPY kiosk/ui/package*.json kiosk/ui/.npmrc ./
RUN npm ci --ignore-scripts
COPY kiosk/ui/ ./
RUN npm run build

FROM ${BUILDER} AS programs
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ pkg-config libopencv-dev libjpeg-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
ENV GOFLAGS=-tags=gocv_specific_modules,gocv_videoio,gocv_calib3d,gocv_photo
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=pages /src/kiosk/ui/dist/ kiosk/ui/dist/
ARG VERSION=dev
RUN go build -trimpath -buildvcs=false -ldflags "-X main.version=${VERSION}" -o /out/ ./cmd/edge ./cmd/hq
# The packages that own the libraries the gateway is linked with.
RUN readelf -d /out/edge | sed -n 's/.*NEEDED.*\[\(libopencv.*\)\]/\1/p' \
  | xargs -I{} dpkg -S '*/{}' | cut -d: -f1 | sort -u > /out/packages

FROM ${BASE}
COPY --from=programs /out/packages /tmp/packages
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends ca-certificates tzdata fonts-droid-fallback < /tmp/packages \
 && rm -rf /var/lib/apt/lists/* /tmp/packages \
 && useradd --system --home-dir /var/lib/mirrorcart --groups video mirrorcart \
 && install -d -o mirrorcart -g mirrorcart /var/lib/mirrorcart /var/lib/mirrorcart-hq
COPY --from=pages /models/ /usr/share/mirrorcart/models/
COPY --from=programs /out/edge /out/hq /usr/local/bin/
COPY LICENSE NOTICE firmware-cfg/*.yaml /usr/share/doc/mirrorcart/
# ONNX Runtime reports its use to its maker unless it is told not to.
ENV ORT_DISABLE_TELEMETRY=1
USER mirrorcart
RUN edge version && hq version
VOLUME /var/lib/mirrorcart /var/lib/mirrorcart-hq
EXPOSE 8080 8090 8091
ENTRYPOINT ["edge"]
CMD ["demo"]
