# SPDX-License-Identifier: BSD-2-Clause
# model.awk RESULTS model.md - the model of a larger machine in words, with the
# figures of this run in place of each @name@. Fails if one of them was not measured.

# Two digits that count, or a whole number.
function rounded(value) {
	if (value == int(value))
		return value ""
	return sprintf("%." (value < 1 ? 2 : value < 10 ? 1 : 0) "f", value)
}

FNR == NR {
	if ($1 == "metric" && $2 ~ /^model\./)
		value[substr($2, 7)] = $3
	next
}

/SPDX-License-Identifier/ {
	next
}

{
	while (match($0, /@[a-z0-9._]+@/)) {
		name = substr($0, RSTART + 1, RLENGTH - 2)
		if (!(name in value)) {
			print "model.awk: " name " was not measured" >"/dev/stderr"
			exit 1
		}
		$0 = substr($0, 1, RSTART - 1) rounded(value[name]) substr($0, RSTART + RLENGTH)
	}
	print
}
