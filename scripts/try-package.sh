#!/usr/bin/env bash
# Packs the package, installs the tarball in an empty folder and runs the demo there, as a new user would.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export PATH="$root/node_modules/.bin:$PATH"
npm run --silent build
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && npm pack --silent "$root/dist/package" >/dev/null)
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --silent ./bhtom-edge-*.tgz
# The package brings no Node of its own: this is the one of the clone, found through PATH.
node node_modules/bhtom-edge/bin/bhtom-edge.mjs version
node node_modules/bhtom-edge/bin/bhtom-edge.mjs demo
