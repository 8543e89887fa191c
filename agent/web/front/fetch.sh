#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetches the packages that the console's pages are made of, as package-lock.json names them:
# fetch.sh WORKDIR. Nothing where WORKDIR has them already.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 WORKDIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" .
if ! cmp -s package-lock.json node_modules/.lock 2> /dev/null; then
	npm ci --ignore-scripts --loglevel=error > /dev/null
	cp package-lock.json node_modules/.lock
fi
