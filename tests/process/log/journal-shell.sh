#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shell lines of docs/journal.md do what they promise. $1: docs/journal.md, $2: a journal's directory,
# $3: lines that it has.
set -eu
script=$(sed -n '/^    prev=\$(printf/,/^    echo/p' "$1")
[ -n "$script" ] || { echo "no script in $1"; exit 1; }
cd "$2"
out=$(sh -c "$script")
case $out in
"$3 lines, the last is $(cut -d' ' -f2 incidents.head)"*) ;;
*) echo "whole journal: $out"; exit 1 ;;
esac
line=$(sed -n 3p incidents.jsonl | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum | cut -c1-64)
sed -n 3p incidents.jsonl | grep -q "\"hash\":\"$line\"}\$" || { echo "line 3: $line"; exit 1; }
sed -i '3s/"n":1,/"n":7,/' incidents.jsonl
sh -c "$script" | grep -q '^line 3 was altered' || { echo "an altered line was not noticed"; exit 1; }
