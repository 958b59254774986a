# Installers and compilers. Sourced by scripts/setup, after common.sh.

# uv does not read pip's configuration, and on a machine with a mirror that may
# be the only place where it stands. Taken over at run time, if uv has none.
use_registries_of_pip() {
    local index certificates
    if [[ -z ${UV_DEFAULT_INDEX-}${UV_INDEX_URL-}${UV_CONFIG_FILE-} ]]; then
        index=${PIP_INDEX_URL:-$(pip_setting index-url)}
        if [[ -n $index ]]; then
            export UV_DEFAULT_INDEX=$index
        fi
    fi
    if [[ -z ${SSL_CERT_FILE-} ]]; then
        certificates=${PIP_CERT:-$(pip_setting cert)}
        if [[ -n $certificates ]]; then
            export SSL_CERT_FILE=$certificates
        fi
    fi
}

pip_setting() {
    python3 -m pip config get "install.$1" 2>/dev/null ||
        python3 -m pip config get "global.$1" 2>/dev/null || true
}

# Sets $tool to a command-line tool (NAME VERSION) from PyPI, installed into a
# folder of its own unless it is there.
require_tool() {
    local folder=$cache_folder/$1-$2
    tool=$folder/bin/$1
    if "$tool" --version >/dev/null 2>&1; then
        return
    fi
    say "installing $1 into $folder"
    python3 -m pip --version >/dev/null 2>&1 || die \
        "pip is needed to install $1, and 'python3 -m pip' does not work here." \
        "Install pip (Debian: apt-get install python3-pip), or $1 itself."
    # --target: works in distributions that forbid pip to touch the system.
    python3 -m pip install -qq --disable-pip-version-check \
        --root-user-action=ignore --upgrade --target "$folder" "$1==$2" ||
        die "pip could not install $1"
}

# Sets $uv.
require_uv() {
    uv=$(command -v uv || true)
    if [[ -z $uv ]]; then
        require_tool uv 0.13.9
        uv=$tool
    fi
}

# Two packages of Home Assistant's voice pipeline exist as source code only.
require_compiler() {
    local compiler
    for compiler in c++ g++ clang++; do
        if command -v "$compiler" >/dev/null; then
            return
        fi
    done
    die "A C++ compiler is needed for pymicro-vad and pyspeex-noise." \
        "Debian, Ubuntu: apt-get install g++ · Fedora: dnf install gcc-c++ · macOS: xcode-select --install"
}
