# The three images, a target for each: `docker build --target tts .`, `stt`, `operator`.
# The layer with NeMo and torch is most of a service's image. Both services take it from the stage `runtime`, so it is built once and stored
# once, though each could leave out a few megabytes that only the other one needs. The operator has no model and no torch.

ARG BASE_IMAGE=debian:bookworm-slim

FROM ${BASE_IMAGE} AS base
USER root
# A base image with its own Python environment must not lend us parts of it: only its interpreter is used.
ENV PYTHONPATH= PIP_CONSTRAINT= LD_LIBRARY_PATH=
RUN if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || ! test -s /etc/ssl/certs/ca-certificates.crt; then \
        apt-get update \
        && apt-get install -y --no-install-recommends ca-certificates python3 \
        && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*; \
    fi
RUN groupadd --gid 10001 nemo-voice \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin nemo-voice \
    && install -d -o nemo-voice -g nemo-voice /var/cache/nemo-voice
ARG BASE_IMAGE
LABEL org.opencontainers.image.vendor="nemo-voice" \
      org.opencontainers.image.url="https://github.com/nemo-voice/nemo-voice" \
      org.opencontainers.image.source="https://github.com/nemo-voice/nemo-voice" \
      org.opencontainers.image.documentation="https://github.com/nemo-voice/nemo-voice/blob/main/docs/README.md" \
      org.opencontainers.image.licenses="Apache-2.0 AND LicenseRef-third-party" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
STOPSIGNAL SIGTERM

FROM base AS environment
# cdifflib, which the text normalisation imports, comes as one C file: the compiler stays in this stage.
RUN apt-get update && apt-get install -y --no-install-recommends build-essential python3-dev python3-venv
# Two secrets, both optional and neither kept in any layer: the certificates of an organisation's proxy, and a file of shell
# variables that say which index to use. tools/images/build.py passes what its own machine uses.
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
COPY requirements/build.txt /requirements/
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt --mount=type=secret,id=index \
    if [ -f /run/secrets/index ]; then . /run/secrets/index; fi \
    && python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --requirement /requirements/build.txt
COPY requirements/nemo*.txt /requirements/
# An index with torch's builds for CPUs makes an image without CUDA, for machines without GPUs; see docs/images.md.
ARG TORCH_CPU_INDEX=
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt --mount=type=secret,id=index \
    if [ -f /run/secrets/index ]; then . /run/secrets/index; fi \
    && pins=/requirements/nemo.txt \
    && if [ -n "${TORCH_CPU_INDEX}" ]; then \
        pins=/requirements/nemo-cpu.txt; \
        export UV_INDEX="${TORCH_CPU_INDEX} ${UV_INDEX:-}" UV_INDEX_STRATEGY=unsafe-best-match; \
    fi \
    && if [ ! -s "${pins}" ]; then \
        echo "requirements/nemo-cpu.txt is missing: make it with tools/requirements.sh cpu (docs/images.md)" >&2; exit 1; \
    fi \
    && /opt/build/bin/uv venv --python "$(command -v python3)" /opt/nemo-voice/venv \
    && /opt/build/bin/uv pip install --python /opt/nemo-voice/venv --require-hashes --build-constraints /requirements/build.txt \
        --requirement "${pins}"
# Without compiled modules, and with no right to write them, a service starts several times as slowly. What tests need is left out:
# nothing imports it, and one of its files is not for this Python.
RUN /opt/nemo-voice/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash -x '/(tests|testing/_internal)/' \
        /opt/nemo-voice/venv/lib

FROM base AS runtime
COPY --from=environment /opt/nemo-voice/venv /opt/nemo-voice/venv
COPY models/demo /opt/nemo-voice/models/demo
ENV PATH=/opt/nemo-voice/venv/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 PYTHONUNBUFFERED=1 \
    NEMO_VOICE_DEMO_MODELS=/opt/nemo-voice/models/demo \
    NEMO_VOICE_MODEL_CACHE=/var/cache/nemo-voice \
    HF_HOME=/var/cache/nemo-voice/huggingface NEMO_CACHE_DIR=/var/cache/nemo-voice/nemo HF_HUB_DISABLE_TELEMETRY=1 \
    HOME=/tmp XDG_CACHE_HOME=/tmp/cache NUMBA_CACHE_DIR=/tmp/numba MPLCONFIGDIR=/tmp/matplotlib \
    TORCHINDUCTOR_CACHE_DIR=/tmp/inductor TRITON_CACHE_DIR=/tmp/triton CUDA_CACHE_PATH=/tmp/cuda \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
# Group 0 is that of a user whom OpenShift chooses.
RUN chgrp 0 /var/cache/nemo-voice && chmod g+w /var/cache/nemo-voice
VOLUME /var/cache/nemo-voice

FROM environment AS wheels
# The builder walks the folder around what another stage takes from here: /built keeps the 7 GB of the environment out of that.
ENV BUILD_WHEEL="/opt/build/bin/uv build --wheel --no-build-isolation --python /opt/build/bin/python --out-dir /built/wheels"
COPY libs/serving /src/libs/serving
RUN $BUILD_WHEEL /src/libs/serving

FROM wheels AS tts-wheels
COPY services/tts /src/services/tts
RUN $BUILD_WHEEL /src/services/tts

FROM wheels AS stt-wheels
COPY services/stt /src/services/stt
# The wheel brings the transducers' search compiled: no compiler gets into the image.
RUN python3 /src/services/stt/src/nemo_voice_stt/backends/transducer_ctc/native_library.py \
    && $BUILD_WHEEL /src/services/stt

FROM tts-wheels AS grammars
# Compiling the grammars takes half a minute of a whole core, once here instead of at every start. The cache keeps them for the
# next build; the command itself compiles anew when they are of another version.
RUN --mount=type=cache,target=/var/cache/grammars \
    /opt/build/bin/uv pip install --python /opt/nemo-voice/venv --offline --no-deps /built/wheels/*.whl \
    && /opt/nemo-voice/venv/bin/python -m nemo_voice_tts grammars --grammars /var/cache/grammars \
    && mkdir /built/grammars \
    && cp /var/cache/grammars/* /built/grammars

FROM runtime AS service
# What both services' images have beside their code.
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      dev.nemo-voice.minimum-nvidia-driver="580.65"
COPY --chmod=444 tools/images/health.py /opt/nemo-voice/health.py

# The last step of each image takes away what only a build needs: programs that run as root, the shell, the package manager.

# The health checks run with -I -S: they start in milliseconds, because nothing of the environment is imported. The first start may fetch
# gigabytes, and a start that fails ends the process by itself: hence the long period.

FROM service AS tts
COPY --from=grammars /built/grammars /opt/nemo-voice/grammars
RUN --mount=type=bind,from=tts-wheels,source=/built/wheels,target=/tmp/wheels \
    --mount=type=bind,from=tts-wheels,source=/opt/build/bin/uv,target=/tmp/uv \
    /tmp/uv pip install --python /opt/nemo-voice/venv --no-cache --offline --no-deps /tmp/wheels/*.whl \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/nemo-voice/venv/lib/python3.*/site-packages/nemo_voice_*
RUN --mount=type=bind,source=tools/images/confine.sh,target=/tmp/confine.sh sh /tmp/confine.sh
ENV NEMO_VOICE_GRAMMARS=/opt/nemo-voice/grammars
USER 10001:10001
EXPOSE 5000 50051
HEALTHCHECK --start-period=900s --interval=10s --timeout=5s --retries=3 \
    CMD ["/opt/nemo-voice/venv/bin/python", "-I", "-S", "/opt/nemo-voice/health.py", "5000"]
ENTRYPOINT ["/opt/nemo-voice/venv/bin/python", "-m", "nemo_voice_tts"]
CMD ["serve", "--host", "::"]
LABEL org.opencontainers.image.title="nemo-voice-tts" \
      org.opencontainers.image.description="Text to speech with NVIDIA NeMo FastPitch and HiFi-GAN over HTTP and gRPC"

FROM service AS stt
RUN --mount=type=bind,from=stt-wheels,source=/built/wheels,target=/tmp/wheels \
    --mount=type=bind,from=stt-wheels,source=/opt/build/bin/uv,target=/tmp/uv \
    /tmp/uv pip install --python /opt/nemo-voice/venv --no-cache --offline --no-deps /tmp/wheels/*.whl \
    && python -m compileall -q --invalidation-mode unchecked-hash /opt/nemo-voice/venv/lib/python3.*/site-packages/nemo_voice_*
RUN --mount=type=bind,source=tools/images/confine.sh,target=/tmp/confine.sh sh /tmp/confine.sh
USER 10001:10001
EXPOSE 5001 50051
HEALTHCHECK --start-period=900s --interval=10s --timeout=5s --retries=3 \
    CMD ["/opt/nemo-voice/venv/bin/python", "-I", "-S", "/opt/nemo-voice/health.py", "5001"]
ENTRYPOINT ["/opt/nemo-voice/venv/bin/python", "-m", "nemo_voice_stt"]
CMD ["serve", "--host", "::"]
LABEL org.opencontainers.image.title="nemo-voice-stt" \
      org.opencontainers.image.description="Speech to text with NVIDIA NeMo recognisers over HTTP and gRPC"

FROM base AS operator-environment
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
COPY requirements/build.txt requirements/operator.txt /requirements/
RUN --mount=type=secret,id=certificates,target=/etc/ssl/certs/ca-certificates.crt --mount=type=secret,id=index \
    if [ -f /run/secrets/index ]; then . /run/secrets/index; fi \
    && python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --requirement /requirements/build.txt \
    && /opt/build/bin/uv venv --python "$(command -v python3)" /opt/nemo-voice/venv \
    && /opt/build/bin/uv pip install --python /opt/nemo-voice/venv --require-hashes --requirement /requirements/operator.txt
COPY operator /src/operator
RUN /opt/build/bin/uv build --wheel --no-build-isolation --python /opt/build/bin/python --out-dir /built/wheels /src/operator \
    && /opt/build/bin/uv pip install --python /opt/nemo-voice/venv --offline --no-deps /built/wheels/*.whl \
    && /opt/nemo-voice/venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/nemo-voice/venv/lib

FROM base AS operator
COPY --from=operator-environment /opt/nemo-voice/venv /opt/nemo-voice/venv
RUN --mount=type=bind,source=tools/images/confine.sh,target=/tmp/confine.sh sh /tmp/confine.sh
ENV PATH=/opt/nemo-voice/venv/bin:${PATH} PYTHONDONTWRITEBYTECODE=1 PYTHONNOUSERSITE=1 PYTHONUNBUFFERED=1 HOME=/tmp
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/opt/nemo-voice/venv/bin/python", "-m", "nemo_voice_operator"]
CMD ["run"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="nemo-voice-operator" \
      org.opencontainers.image.description="Kubernetes operator of VoiceServices" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
