# The operator's image. docs/image.md says how to build, check and use it.
#
# The base needs Python 3.11 or later with pip, as `python`; the image runs on the same base, without its pip.
ARG BASE_IMAGE=docker.io/library/python:3.13-slim-trixie

# Where wheels come from instead of an index: `--build-context wheels=DIRECTORY` takes the place of this empty stage.
FROM scratch AS wheels
WORKDIR /

# Where Go modules come from before a proxy is asked: `--build-context modules=DIRECTORY`, laid out as a proxy's files are.
FROM scratch AS modules
WORKDIR /


FROM ${BASE_IMAGE} AS build
ARG PIP_NO_INDEX= \
    PIP_INDEX_URL=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_FIND_LINKS=/wheels \
    PIP_NO_CACHE_DIR=1 \
    PIP_NO_COMPILE=1 \
    PIP_ONLY_BINARY=:all: \
    PIP_REQUIRE_HASHES=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python -m venv --without-pip /opt/wharfinger && python -m venv --without-pip /opt/tools

COPY requirements.lock requirements-build.lock ./
RUN --mount=type=bind,from=wheels,target=/wheels --mount=type=secret,id=pip,target=/etc/pip.conf \
    python -m pip --python /opt/wharfinger/bin/python install --requirement requirements.lock && \
    python -m pip --python /opt/tools/bin/python install --requirement requirements-build.lock

COPY pyproject.toml README.md LICENSE ./
COPY scripts/wheel scripts/wheel
COPY controllers controllers
# The wheel of this platform: with wharfinger-compose and wharfinger-start, static, from the modules that go.sum names.
ARG GOPROXY=https://proxy.golang.org \
    GOFLAGS=
RUN --mount=type=bind,from=modules,target=/modules \
    GOPROXY="file:///modules,${GOPROXY}" HATCH_BUILD_HOOK_ENABLE_CUSTOM=true \
        /opt/tools/bin/python -m hatchling build --target wheel --directory /dist && \
    PIP_REQUIRE_HASHES=0 python -m pip --python /opt/wharfinger/bin/python install --no-deps --no-index /dist/*.whl
RUN /opt/tools/bin/python -m cyclonedx_py environment --output-reproducible --output-format JSON \
        --pyproject pyproject.toml --mc-type application \
        --output-file /opt/wharfinger/sbom.cdx.json /opt/wharfinger/bin/python && \
    /opt/tools/bin/python -m scripts.wheel.merge /opt/wharfinger/sbom.cdx.json \
        "$(/opt/wharfinger/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

# kubernetes.aio is all of the client's classes a second time, 35 MB that nothing here imports. What is left is compiled
# now, since it cannot be where the file system is read-only; by hash, so that two builds give the same bytes.
RUN rm -rf /opt/wharfinger/lib/python3.*/site-packages/kubernetes/aio && \
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/wharfinger/lib


FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Wharfinger" \
      org.opencontainers.image.description="Kubernetes operator that keeps containers running as one resource says" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
RUN python -m pip uninstall --quiet --yes --root-user-action ignore pip && \
    rm -rf "$(python -c 'import ensurepip; print(*ensurepip.__path__)')" && \
    python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x '/(test|idlelib|lib2to3|site-packages)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/wharfinger /opt/wharfinger
ENV PATH=/opt/wharfinger/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
USER 65532:65532
WORKDIR /tmp
EXPOSE 8080
ENTRYPOINT ["wharfinger"]
CMD ["run"]
