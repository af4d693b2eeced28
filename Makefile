# Two commands are enough on a fresh Debian 12 or 13 with Go and Node: make run
# and make test. Both install what is missing first; see .ci/setup.sh.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-deb build run test lint fmt e2e bench bench-painted deb image clean

# gocv is built with the few modules that the mirror needs, so that it works
# with the OpenCV 4.6 of Debian 12 as well as the 4.10 of Debian 13.
export GOFLAGS := -tags=gocv_specific_modules,gocv_videoio,gocv_calib3d,gocv_photo
export GOLANGCI_LINT := 2.15.0
export NFPM := 2.43.0
export GOVULNCHECK := 1.9.0
export NODE := 20.19.0

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOLANGCI := build/tools/golangci-lint-$(GOLANGCI_LINT)

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing: Debian packages, modules, models, pages
	@.ci/setup.sh run

setup-test:
	@.ci/setup.sh test

setup-deb:
	@.ci/setup.sh deb

build: setup ## build bin/edge and bin/hq
	@echo "building bin/edge and bin/hq"
	@go build -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o bin/ ./cmd/edge ./cmd/hq

run: build ## start a shop, its mirror and headquarters in one process
	@exec bin/edge demo

test: setup-test ## everything that CI runs: format, lint, race, fuzz, end to end
	@.ci/test.sh

lint: setup-test ## golangci-lint, and known faults in what we depend on
	@$(GOLANGCI) run
	@.ci/audit.sh

fmt: setup-test ## format the Go code
	@$(GOLANGCI) fmt

e2e: build setup-test ## drive the main job, the mirror and a tablet in a real Chromium
	@.ci/e2e.sh

bench: setup ## benchmarks of all packages, with allocations
	@go test -run '^$$' -bench . -benchmem ./...

bench-painted: build setup-test ## how soon a tablet's picture is painted in Chromium
	@.ci/e2e.sh painted

deb: build setup-deb ## the Debian packages of gateway and headquarters, in build/deb
	@VERSION=$(VERSION) .ci/deb.sh

image: ## container images of both, with docker, podman or buildah
	@VERSION=$(VERSION) .ci/image.sh

clean: ## remove binaries and pages, keep what was downloaded
	@rm -rf bin build/setup/pages
	@find kiosk/ui/dist -mindepth 1 ! -name .gitkeep -delete
