#!/bin/sh
# Run the database tests on a real TimescaleDB server: Debian 13's own packages in a root of their own, because
# they need a newer C library than Debian 12 has. The root is kept for the next run.
set -eu
root=${CITYPARK_TEST_TIMESCALE_ROOT:-$PWD/.citypark-test/timescale}
port=${CITYPARK_TEST_TIMESCALE_PORT:-54329}
version=17

[ "$(id -u)" = 0 ] || { echo "make test-timescale: run it as root, it makes a Debian root with debootstrap" >&2; exit 2; }
if ! command -v debootstrap >/dev/null; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
fi
if [ ! -e "$root/.ready" ]; then
    echo "making a Debian 13 root with TimescaleDB in $root (about a minute)"
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=postgresql-$version-timescaledb trixie "$root" >"$root.log" 2>&1 ||
        { tail -5 "$root.log" >&2; exit 1; }
    rm -rf "$root/var/lib/postgresql/$version/main"
    touch "$root/.ready"
fi

bin=/usr/lib/postgresql/$version/bin
cluster=/var/lib/postgresql/citypark-test
chroot "$root" sh -c "rm -rf $cluster && su postgres -c '$bin/initdb -D $cluster -U citypark -A trust -E UTF8 --locale=C.UTF-8'" >/dev/null
chroot "$root" su postgres -c "exec $bin/postgres -D $cluster -k /tmp -p $port \
    -c listen_addresses=127.0.0.1 -c shared_preload_libraries=timescaledb -c timescaledb.telemetry_level=off \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c max_connections=60" \
    >"$root.server.log" 2>&1 &
trap 'pid=$(head -1 "$root$cluster/postmaster.pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null; wait' EXIT INT TERM
n=0
until chroot "$root" $bin/pg_isready -q -h 127.0.0.1 -p "$port"; do
    n=$((n + 1))
    [ $n -lt 100 ] || { tail -5 "$root.server.log" >&2; exit 1; }
    sleep 0.2
done

CITYPARK_TEST_DATABASE_URL="postgresql://citypark@127.0.0.1:$port/postgres" \
    "$BIN/python" -m pytest -m database "$@"
