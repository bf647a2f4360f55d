#!/usr/bin/env bash
# What the tests run beside Python: the teacher's voice, a Docker daemon, a base image, a linter for shell. Debian's packages; those that
# are there already are left alone, and so is any other system.
set -euo pipefail
wanted=(espeak-ng wordnet-base make gcc libc6-dev debootstrap shellcheck)
# A Docker of somebody else's is as good, and Debian's would push it out.
command -v dockerd >/dev/null || wanted+=(docker.io)
# So is a Node of somebody else's, for OpenAI's client.
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
