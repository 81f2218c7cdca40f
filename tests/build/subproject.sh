#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# subproject.sh SOURCE-ROOT - a Meson project that has granmem as a subproject.
set -eu

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/consumer/subprojects"
ln -s "$root" "$work/consumer/subprojects/granmem"
cp "$root/tests/build/consumer.c" "$work/consumer/"
cat >"$work/consumer/meson.build" <<'END'
project('consumer', 'c', meson_version: '>= 1.0', default_options: ['c_std=c11', 'werror=true'])
granmem = dependency('granmem', fallback: 'granmem', version: '>= 0.1.0')
test('consumer', executable('consumer', 'consumer.c', dependencies: granmem))
END

# Static, shared, and the level of checks given from outside.
for options in "-Ddefault_library=static" "-Ddefault_library=shared" "-Dgranmem:checks=2"; do
	build=$work/build$options
	for step in "setup $build $work/consumer $options" "test -C $build"; do
		# shellcheck disable=SC2086 # words
		if ! meson $step >"$work/log" 2>&1; then
			cat "$work/log"
			exit 1
		fi
	done
	if meson introspect --targets "$build" | grep -q '"name": "test_'; then
		echo "a subproject builds our tests without being asked"
		exit 1
	fi
done
