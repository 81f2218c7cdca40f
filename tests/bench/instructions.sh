#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# instructions.sh COUNT-PAIRS - instructions of a reference pair, and of an object
# made and destroyed, as callgrind counts them: what 2n loops take more than n,
# divided by n, less the same of an empty loop.
set -eu

program=$1
echo "instructions: callgrind"
if ! command -v valgrind >/dev/null; then
	echo "  SKIP: valgrind is not installed"
	exit 0
fi

total() { # WHAT LOOPS
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
		sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}

per_loop() { # WHAT LOOPS: in hundredths
	once=$(total "$1" "$2")
	twice=$(total "$1" $(($2 * 2)))
	if [ -z "$once" ] || [ -z "$twice" ]; then
		echo "valgrind does not run here" >&2
		exit 1
	fi
	echo $(((twice - once) * 100 / $2))
}

show() { # METRIC HUNDREDTHS [GOAL]
	if [ $# = 2 ]; then
		verdict=
	elif [ "$2" -le $(($3 * 100)) ]; then
		verdict="   goal <= $3     met"
	else
		verdict="   goal <= $3     MISSED"
	fi
	printf '  %-46s %7d.%02d %s\n' "$1" $(($2 / 100)) $(($2 % 100)) "$verdict"
}

empty=$(per_loop empty 10000)
show ref.get_put.instructions $(($(per_loop get_put 10000) - empty)) 12
show ref.tryget_put.instructions $(($(per_loop tryget_put 10000) - empty)) 12
show object.create_destroy.4k.adhoc.instructions $(($(per_loop adhoc_4k 1000) - empty))
show object.create_destroy.2m.adhoc.instructions $(($(per_loop adhoc_2m 1000) - empty))
show object.create_destroy.2m.compound.instructions $(($(per_loop compound_2m 1000) - empty))
