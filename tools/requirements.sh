#!/usr/bin/env bash
# Resolves requirements/*.in into hashed pins that name no registry.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --universal --python-version "${PYTHON_VERSION:-3.11}" --generate-hashes --no-header \
        --override requirements/overrides.txt "$@"
}
if [[ "${1:-}" == cpu ]]; then
    # The same versions, with torch's build for CPUs: its version ends in +cpu, and only that index has it.
    index="${NEMO_VOICE_DEV_TORCH_CPU_INDEX:?is not set: the address of the index with builds of torch for CPUs}"
    torch="$(sed -n 's/^\(torch==[0-9.]*\).*/\1+cpu/p' requirements/nemo.txt)"
    # Of torch's own packages for GPUs nothing stays, because nothing requires them.
    compile -c requirements/nemo.txt -c <(echo "$torch") --index "$index" --index-strategy unsafe-best-match --no-emit-index-url \
        requirements/nemo.in -o requirements/nemo-cpu.txt
    exit
fi
compile requirements/nemo.in -o requirements/nemo.txt
compile -c requirements/nemo.txt requirements/operator.in -o requirements/operator.txt
compile -c requirements/nemo.txt -c requirements/operator.txt requirements/development.in -o requirements/development.txt
compile -c requirements/development.txt requirements/uv.in -o requirements/uv.txt
compile tests/contract/litellm/requirements.in -o tests/contract/litellm/requirements.txt
compile tests/contract/riva/requirements.in -o tests/contract/riva/requirements.txt
compile requirements/build.in -o requirements/build.txt
compile tests/agents/pipecat/requirements.in -o tests/agents/pipecat/requirements.txt
compile tests/agents/livekit/requirements.in -o tests/agents/livekit/requirements.txt
PYTHON_VERSION="$(cat tests/agents/wyoming/.python-version)" compile tests/agents/wyoming/requirements.in -o tests/agents/wyoming/requirements.txt
compile tests/contract/pieces/requirements.in -o tests/contract/pieces/requirements.txt
# The peers get the same versions as the images wherever they can: uv keeps those of the file that it writes.
[[ -f requirements/peers.txt ]] || cp requirements/nemo.txt requirements/peers.txt
compile --override requirements/peers-overrides.txt requirements/peers.in -o requirements/peers.txt
