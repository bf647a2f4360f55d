#!/usr/bin/env bash
# Installs the Debian packages that the tests need: espeak-ng, Docker, debootstrap, nginx, HAProxy, Chromium, a linter for shell. Packages
# that are installed already stay as they are. Other systems have to bring these programs themselves. The tests start their own nginx and HAProxy:
# where Debian starts them as services, they may be disabled.
set -euo pipefail
wanted=(espeak-ng wordnet-base make gcc libc6-dev debootstrap shellcheck nginx-light haproxy chromium)
# Any other Docker will do, and Debian's package would replace it.
command -v dockerd >/dev/null || wanted+=(docker.io)
# So will any other Node, which OpenAI's client needs.
command -v npm >/dev/null || wanted+=(nodejs npm)
missing=()
for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
