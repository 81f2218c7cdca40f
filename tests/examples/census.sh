#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# census.sh CENSUS SOURCE-ROOT - replays the shipped snapshot of a real machine,
# feeds damaged ones, reads a made-up machine, and asks as an ordinary user.
set -eu

census=$1
root=$2
snapshot=$root/tests/data/census.snap
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
export LC_ALL=C

complain() {
	echo "FAILED: $*"
	failed=1
}

# expect_error TEXT ARGUMENTS... - exit code 1, this text, nothing on standard output
expect_error() {
	text=$1
	shift
	code=0
	"$census" "$@" >"$work/out" 2>"$work/err" || code=$?
	[ $code -eq 1 ] || complain "$*: exit code $code, not 1"
	grep -q -e "$text" "$work/err" || complain "$*: not \"$text\" but: $(cat "$work/err")"
	[ ! -s "$work/out" ] || complain "$*: writes a report all the same"
}

# patch FILE OFFSET OCTAL... - a copy with other bytes at OFFSET
patch() {
	cp "$snapshot" "$1"
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# 1. The report: everything but times and what metadata costs is the same everywhere.
"$census" --snapshot "$snapshot" --svg "$work/a.svg" --record "$work/again.snap" >"$work/report" ||
	complain "the replay fails"
sed '/^METADATA/,$d' "$work/report" >"$work/stable"
sed -n 's/.*\(all [0-9].*\)/\1/p' "$work/report" >>"$work/stable"
diff -u "$root/tests/data/census.expected" "$work/stable" || complain "another report"
awk 'length($0) > 80 { exit 1 }' "$work/report" || complain "wider than 80 columns"
cmp -s "$snapshot" "$work/again.snap" || complain "recording a replay gives another file"

# 2. The picture.
if command -v xmllint >/dev/null; then
	xmllint --noout "$work/a.svg" || complain "the SVG is not well-formed"
elif command -v python3 >/dev/null; then
	python3 -c 'import sys, xml.dom.minidom as dom; dom.parse(sys.argv[1])' "$work/a.svg" ||
		complain "the SVG is not well-formed"
else
	echo "SKIP: neither xmllint nor python3 to check the SVG with"
fi
[ "$(grep -c '<rect' "$work/a.svg")" -gt 10 ] || complain "the SVG has no bars"
expect_svg=$("$census" --snapshot "$snapshot" --svg "$work/none/a.svg" 2>&1 >/dev/null || true)
case $expect_svg in
*"cannot create"*) ;;
*) complain "an SVG that cannot be written: $expect_svg" ;;
esac

# 3. Files that are no snapshots, or damaged ones.
size=$(wc -c <"$snapshot")
for length in 0 7 31 32 33 40 60 1000 $((size / 2)) $((size - 1)); do
	head -c "$length" "$snapshot" >"$work/short"
	expect_error 'byte [0-9]*: ' --snapshot "$work/short"
done
cat "$snapshot" "$snapshot" >"$work/long"
expect_error 'byte 16: .*too long' --snapshot "$work/long"
patch "$work/bad" 0 'X'
expect_error 'byte 0: not a census snapshot' --snapshot "$work/bad"
patch "$work/bad" 8 '\007'
expect_error 'byte 8: version 7' --snapshot "$work/bad"
patch "$work/bad" 12 '\001'
expect_error 'byte [0-9]*: ' --snapshot "$work/bad"
for offset in 25 32 50 $((size / 3)) $((size - 2)); do
	old=$(od -An -tu1 -j "$offset" -N 1 "$snapshot" | tr -d ' ')
	patch "$work/bad" "$offset" "\\$(printf %03o $(((old + 64) % 256)))"
	expect_error 'byte 24: the checksum' --snapshot "$work/bad"
done
expect_error 'cannot open' --snapshot "$work/none"
expect_error 'cannot read' --snapshot "$work"
expect_error 'cannot create' --snapshot "$snapshot" --record "$work/none/a"

# 4. A machine whose iomem is masked, of blocks of 64 KiB (16 pages): two online,
# one offline between them; its flags end inside the second.
proc=$work/machine/proc
sys=$work/machine/sys/devices/system/memory
mkdir -p "$proc" "$sys"
printf '00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n' >"$proc/iomem"
echo 10000 >"$sys/block_size_bytes"
for block in 1:online 2:offline 3:online; do
	mkdir "$sys/memory${block%:*}"
	echo "${block#*:}" >"$sys/memory${block%:*}/state"
	printf '%08x\n' "${block%:*}" >"$sys/memory${block%:*}/phys_index"
done
page=$(getconf PAGESIZE)
if [ "$page" -eq 4096 ]; then
	# 60 pages: slab (head and tail) at 16, all others without flags.
	head -c 480 /dev/zero >"$proc/kpageflags"
	head -c 480 /dev/zero >"$proc/kpagecount"
	printf '\200\200\000\000\000\000\000\000\200\000\001' |
		dd of="$proc/kpageflags" bs=1 seek=128 conv=notrunc 2>/dev/null
	"$census" --root "$work/machine" >"$work/out" || complain "masked iomem: exit code"
	for line in '128.0 KiB of RAM in 2 ranges' ' slab  *1  *8.00 KiB ' ' kernel  *26 ' \
		' 4 pages are holes' 'all 32'; do
		grep -q "$line" "$work/out" || complain "masked iomem: no \"$line\""
	done
	# The same machine, its addresses told: pages 17 to 47, the ends cut to whole pages.
	printf '%s\n' '00000000-00000fff : Reserved' '00010800-0001ffff : System RAM' \
		'  00010800-00010fff : Kernel code' '00020000-000307ff : System RAM' >"$proc/iomem"
	"$census" --root "$work/machine" >"$work/out" || complain "iomem: exit code"
	for line in '124.0 KiB of RAM in 1 range,' ' 1 tails had no head' 'all 31'; do
		grep -q "$line" "$work/out" || complain "iomem: no \"$line\""
	done
	rm -r "$sys"
	printf '00000000-00000000 : System RAM\n' >"$proc/iomem"
	expect_error 'no addresses of RAM' --root "$work/machine"
	rm "$proc/kpagecount"
	expect_error 'cannot open .*kpagecount' --root "$work/machine"
else
	echo "SKIP: the made-up machine has pages of 4 KiB, this one of $page bytes"
fi

# 5. Without root and without a snapshot it says what it needs.
if [ "$(id -u)" -ne 0 ]; then
	expect_error 'needs root' --root ''
elif command -v setpriv >/dev/null; then
	# A copy, because an ordinary user may not reach the original.
	chmod 755 "$work"
	cp "$census" "$work/census"
	chmod 755 "$work/census"
	"$work/census" --help >/dev/null || complain "a copy of census does not start"
	code=0
	setpriv --reuid=65534 --regid=65534 --clear-groups "$work/census" >"$work/out" 2>&1 ||
		code=$?
	[ $code -eq 1 ] || complain "as an ordinary user: exit code $code"
	grep -q 'needs root.*--snapshot' "$work/out" || complain "ordinary user: $(cat "$work/out")"
else
	echo "SKIP: no setpriv to become an ordinary user with"
fi

# 6. The command line.
"$census" --help | grep -q '^usage: census' || complain "--help"
for arguments in --nonsense --snapshot "--record a --svg" file; do
	code=0
	"$census" $arguments >/dev/null 2>"$work/err" || code=$?
	[ $code -eq 2 ] || complain "census $arguments: exit code $code, not 2"
done

[ $failed -eq 0 ] && echo "census: all checks passed"
exit $failed
