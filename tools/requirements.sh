#!/usr/bin/env bash
# Resolves requirements/*.in into hashed pins that name no registry.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
    .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
        --override requirements/overrides.txt "$@"
}
compile requirements/nemo.in -o requirements/nemo.txt
compile -c requirements/nemo.txt requirements/operator.in -o requirements/operator.txt
compile -c requirements/nemo.txt -c requirements/operator.txt requirements/development.in -o requirements/development.txt
compile -c requirements/development.txt requirements/uv.in -o requirements/uv.txt
compile tests/contract/litellm/requirements.in -o tests/contract/litellm/requirements.txt
compile tests/contract/riva/requirements.in -o tests/contract/riva/requirements.txt
compile tests/contract/pieces/requirements.in -o tests/contract/pieces/requirements.txt
compile requirements/build.in -o requirements/build.txt
