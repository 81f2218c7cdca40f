# SPDX-License-Identifier: BSD-2-Clause
# plot.awk -v plot=NAME -v title=... -v x_title=... -v y_title=... [-v x_log=1]
# [-v y_log=1] [-v x_gib=1] RESULTS - one picture, as SVG, of the points of that plot: a line
# for each series, with its name at its end.

BEGIN {
	width = 760; height = 440
	left = 70; right = 130; top = 46; bottom = 56
	split("#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9 #555555", colours, " ")
	x_low = y_low = 1e300; x_high = y_high = -1e300
}

$1 == "point" && $2 == plot {
	if (!($3 in nr)) {
		nr[$3] = 0
		names[++nr_series] = $3
	}
	i = ++nr[$3]
	xs[$3, i] = $4 + 0
	ys[$3, i] = $5 + 0
	if ($4 + 0 < x_low) x_low = $4 + 0
	if ($4 + 0 > x_high) x_high = $4 + 0
	if ($5 + 0 < y_low) y_low = $5 + 0
	if ($5 + 0 > y_high) y_high = $5 + 0
}

# From 0 to 1 along an axis.
function part(value, low, high, is_log) {
	if (is_log)
		return (log(value) - log(low)) / (log(high) - log(low))
	return (value - low) / (high - low)
}

function x_at(value) {
	return left + part(value, x_low, x_high, x_log) * (width - left - right)
}

function y_at(value) {
	return height - bottom - \
		part(value, y_low, y_high, y_log) * (height - top - bottom)
}

function label(value) {
	if (value >= 1e6) return value / 1e6 "M"
	if (value >= 1e3) return value / 1e3 "k"
	return value ""
}

function x_label(value) {
	if (!x_gib) return label(value)
	return value >= 1024 ? value / 1024 " TiB" : value " GiB"
}

function text(x, y, anchor, what, more) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>\n", x, y, anchor, more, \
		what
}

function x_tick(value) {
	if (value < x_low * 0.999 || value > x_high * 1.001)
		return
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", \
		x_at(value), top, x_at(value), height - bottom
	text(x_at(value), height - bottom + 18, "middle", x_label(value))
}

function y_tick(value) {
	if (value < y_low || value > y_high * 1.001)
		return
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", \
		left, y_at(value), width - right, y_at(value)
	text(left - 8, y_at(value) + 4, "end", label(value))
}

# A step of 1, 2 or 5 times a power of ten, about a sixth of the range.
function step_of(range, step) {
	step = 10 ^ int(log(range / 6) / log(10) - (range < 6 ? 1 : 0))
	if (range / step > 30) return step * 10
	if (range / step > 12) return step * 5
	if (range / step > 6) return step * 2
	return step
}

function ticks(value, step) {
	if (x_log == 2)
		for (value = 1; value <= x_high; value *= x_step) x_tick(value)
	else if (x_log)
		for (value = 1; value <= x_high; value *= 10) x_tick(value)
	else
		for (value = 0; value <= x_high; value += 10) x_tick(value)
	if (y_log) {
		for (value = 0.1; value <= y_high; value *= 10) {
			y_tick(value)
			y_tick(2 * value)
			y_tick(5 * value)
		}
	} else {
		step = step_of(y_high)
		for (value = 0; value <= y_high; value += step) y_tick(value)
	}
}

# The names at the right end, from top to bottom, with room for each.
function end_labels(i, k, swap, at, last) {
	for (i = 1; i <= nr_series; i++) {
		order[i] = i
		at[i] = y_at(ys[names[i], nr[names[i]]])
	}
	for (i = 2; i <= nr_series; i++)
		for (k = i; k > 1 && at[order[k]] < at[order[k - 1]]; k--) {
			swap = order[k]; order[k] = order[k - 1]; order[k - 1] = swap
		}
	last = -100
	for (i = 1; i <= nr_series; i++) {
		k = order[i]
		last = at[k] > last + 16 ? at[k] : last + 16
		text(width - right + 10, last + 4, "start", names[k], \
			sprintf(" fill=\"%s\" font-weight=\"600\"", colours[(k - 1) % 7 + 1]))
	}
}

function series(name, colour, i) {
	printf "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"", colour
	for (i = 1; i <= nr[name]; i++)
		printf "%.1f,%.1f ", x_at(xs[name, i]), y_at(ys[name, i])
	print "\"/>"
	for (i = 1; i <= nr[name]; i++)
		printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", \
			x_at(xs[name, i]), y_at(ys[name, i]), colour
}

END {
	if (nr_series == 0)
		exit 1
	if (y_log) {
		y_low = y_low * 0.8
		y_high = y_high * 1.25
	} else {
		y_low = 0
		y_high = y_high * 1.1
	}
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" ", width, height
	print "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">"
	print "<style>.grid { stroke: #ddd; } .axis { stroke: #222; fill: none; }</style>"
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height
	text(left, 26, "start", title, " font-size=\"15\" font-weight=\"600\"")
	ticks()
	printf "<path class=\"axis\" d=\"M%d %d V%d H%d\"/>\n", left, top, height - bottom, \
		width - right
	text((left + width - right) / 2, height - 14, "middle", x_title)
	text(0, 0, "middle", y_title, \
		sprintf(" transform=\"translate(18 %d) rotate(-90)\"", (top + height - bottom) / 2))
	for (i = 1; i <= nr_series; i++)
		series(names[i], colours[(i - 1) % 7 + 1])
	end_labels()
	print "</svg>"
}
