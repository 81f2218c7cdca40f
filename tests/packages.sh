# SPDX-License-Identifier: BSD-2-Clause
# packages.sh - read by the two scripts that the README names; installs what is
# missing on a Debian system and says so.

# packages_missing NAME...: prints the names that are not installed.
packages_missing() {
	for package in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
		[ "$state" = installed ] || printf '%s ' "$package"
	done
}

# packages_install NAME...: 0 if all are installed in the end. Never removes one.
packages_install() {
	if ! command -v dpkg-query >/dev/null; then
		echo "This is not a Debian system: nothing is installed, the tools must be there."
		return 0
	fi
	missing=$(packages_missing "$@")
	[ -n "$missing" ] || return 0

	if [ "$(id -u)" = 0 ]; then
		as_root=env
	elif command -v sudo >/dev/null; then
		as_root="sudo env"
	else
		echo "Missing packages, and neither root nor sudo to install them with. As root:"
		echo "  apt-get install $missing"
		return 1
	fi
	echo "Installing Debian packages: $missing"
	log=build/packages.log
	# shellcheck disable=SC2086 # words
	if ! { $as_root apt-get -q update &&
		$as_root DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-remove \
			--no-install-recommends $missing; } >$log 2>&1 </dev/null; then
		tail -n 20 $log
		echo "Could not install them; the whole log is $log."
		return 1
	fi
}
