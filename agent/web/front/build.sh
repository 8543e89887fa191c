#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the console's pages: build.sh OUTDIR
#
# OUTDIR gets index.html and assets/NAME-HASH.{js,css}; the same sources and lock file give the same
# bytes. Needs node >= 18 and npm >= 9. FRONT_WORK: where the packages are put (default: a folder that
# is removed), so that a second build need not fetch them again.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
if [ -n "${FRONT_WORK:-}" ]; then
	mkdir -p "$FRONT_WORK"
	work=$(cd "$FRONT_WORK" && pwd)
else
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' INT TERM HUP
fi
"$here/fetch.sh" "$work"
# The source folder stays as it is: it may be read-only, and belong to somebody else.
cd "$work"
cp "$here/tsconfig.json" "$here/build.mjs" .
rm -rf src
cp -R "$here/src" src
node node_modules/typescript/bin/tsc --noEmit
node build.mjs "$out"
