# Finds or provides CPython >= 3.14.2. Sourced by scripts/setup, after tools.sh.

# Home Assistant needs 3.14.2, and the headers to compile against.
python_check='
import os, sys, sysconfig
headers = os.path.join(sysconfig.get_path("platinclude"), "Python.h")
free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
good = (3, 14, 2) <= sys.version_info[:3] < (3, 15)
sys.exit(0 if good and os.path.exists(headers) and not free_threaded else 1)'

python_versions='>=3.14.2,<3.15'
debian_python=$cache_folder/debian-python

good_python() {
    [[ -n $1 ]] && "$1" -c "$python_check" >/dev/null 2>&1
}

# Sets $python: the system's, else uv's, else Debian's in a private folder.
find_python() {
    python=$(command -v python3.14 || true)
    good_python "$python" && return
    python=$(managed_python)
    good_python "$python" && return
    python=$debian_python/usr/bin/python3.14
    good_python "$python" && return

    say "no Python 3.14 with headers here, downloading one with uv"
    # Where Debian's packages can stand in, a missing way to uv's source is not
    # worth a second attempt.
    local retries=3
    if can_use_debian; then
        retries=0
    fi
    if UV_HTTP_RETRIES=$retries UV_HTTP_CONNECT_TIMEOUT=10 \
        "$uv" python install --quiet --no-bin "$python_versions" 2>/dev/null; then
        python=$(managed_python)
        good_python "$python" && return
    fi

    if can_use_debian; then
        say "that cannot be reached from here, taking Debian's packages instead"
        if "$BASH" scripts/lib/unpack-debian-python "$debian_python"; then
            python=$debian_python/usr/bin/python3.14
            good_python "$python" && return
        fi
    fi
    die "Python 3.14.2 or later with its headers is needed and could not be had." \
        "Install it so that 'python3.14' is on the PATH (Debian: python3.14 and python3.14-dev)," \
        "or with 'uv python install 3.14' where uv may download, then run this again."
}

managed_python() {
    "$uv" python find --quiet --no-project --managed-python "$python_versions" \
        2>/dev/null || true
}

can_use_debian() {
    [[ $(id -u) == 0 && -r /etc/os-release ]] &&
        grep -qx 'ID=debian' /etc/os-release &&
        command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null
}

# The headers of the unpacked Python are not where the compiler looks for them.
export_header_path() {
    if [[ $python == "$debian_python"/* ]]; then
        export CPATH=$debian_python/cpath${CPATH:+:$CPATH}
    fi
}
