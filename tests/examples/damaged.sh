#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# damaged.sh truncated|corrupt CENSUS SNAPSHOT - a damaged file is a clear error:
# a message that names the file, exit code 1, no signal.
set -eu

kind=$1
census=$2
snapshot=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bytes=$(wc -c <"$snapshot")

refused() { # FILE: must be
	rc=0
	"$census" --snapshot "$1" >"$work/out" 2>"$work/err" || rc=$?
	if [ "$rc" != 1 ] || ! grep -q "$1" "$work/err"; then
		echo "exit code $rc, and the message was:"
		cat "$work/err"
		exit 1
	fi
}

case $kind in
truncated)
	for part in 0 1 16 $((bytes / 3)) $((bytes / 2)) $((bytes - 1)); do
		head -c "$part" "$snapshot" >"$work/part"
		refused "$work/part"
	done
	;;
corrupt)
	# One byte another, at places all over the file.
	for place in 0 7 20 $((bytes / 4)) $((bytes / 2)) $((bytes - 3)); do
		old=$(od -An -tu1 -j "$place" -N 1 "$snapshot")
		{
			head -c "$place" "$snapshot"
			# shellcheck disable=SC2059 # an octal escape
			printf "\\$(printf %o $((old ^ 0x55)))"
			tail -c +$((place + 2)) "$snapshot"
		} >"$work/other"
		[ "$(wc -c <"$work/other")" = "$bytes" ]
		refused "$work/other"
	done
	;;
esac
