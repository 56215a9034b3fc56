#!/bin/sh
# Build the virtual environment from nothing but Python 3.11: sh make-env.sh DIR LOCK
set -eu
venv=$1
lock=$2
python=${PYTHON:-python3}

fail() {
    printf '%s\n' "$1" >&2
    exit 2
}

command -v "$python" >/dev/null 2>&1 || fail "找不到 $python / $python not found: install Python 3.11 or newer, or set PYTHON=/path/to/python3.11"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 版本过低 / $("$python" --version) is too old: Citypark needs 3.11 or newer; set PYTHON=/path/to/python3.11"

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    printf '%s\n' "[1/3] 创建环境 / creating $venv"
    rm -rf "$venv"
    # Debian splits venv's own installer into a package that a minimal system lacks.
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            printf '%s\n' "      安装 python3-venv / installing python3-venv"
            apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null ||
                fail "apt-get 无法安装 python3-venv / apt-get could not install python3-venv: install it, then run make again"
        else
            fail "缺少 python3-venv / python3-venv is missing: run 'sudo apt-get install python3-venv', then run make again"
        fi
    fi
    "$python" -m venv "$venv" || fail "无法写入 $venv / cannot create $venv: check that this folder is writable"
fi
printf '%s\n' "[2/3] 安装依赖 / installing the locked packages"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$lock" ||
    fail "依赖安装失败 / the locked packages could not be installed: check the network or pip's settings, then run make again"
printf '%s\n' "[3/3] 安装 citypark / installing citypark"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    fail "citypark 安装失败 / citypark could not be installed into $venv"
