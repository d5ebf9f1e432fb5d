#!/usr/bin/env bash
# Builds the bridge to oneDNN from cpp/, against the headers in the preset's own jar, or builds and runs its tests.
#   build-native.sh lib|test CLASSES CLASSPATH
# CLASSES is the folder of compiled classes, CLASSPATH a file with the class path of the dependencies. Maven calls it. Nothing is done where the sources are those of the last build.
set -euo pipefail

if [ $# != 3 ]; then
    echo "usage: build-native.sh lib|test CLASSES CLASSPATH" >&2
    exit 2
fi
mode=$1
here=$(cd "$(dirname "$0")" && pwd)
classes=$(cd "$2" && pwd)
platform=linux-x86_64
package=io/conv4j/backend/onednn

if ! command -v g++ >/dev/null; then
    echo "conv4j: g++ is missing: install it (Debian, Ubuntu: apt-get install g++), or build for plain Java only with -Dconv4j.skipNative" >&2
    exit 1
fi

dnnl_native=$(tr : '\n' <"$3" | grep "/dnnl-.*-$platform.jar\$")
work=$here/target/native
mkdir -p "$work" "$classes/$package/$platform"
stamp=$(cat "$here"/cpp/*pp "$0" | sha256sum)-$dnnl_native
library=$classes/$package/$platform/libjniconv4j.so

prefix=$work/dnnl/org/bytedeco/dnnl/$platform
if [ ! -f "$prefix/include/oneapi/dnnl/dnnl.h" ]; then
    (cd "$work" && mkdir -p dnnl && cd dnnl && jar xf "$dnnl_native" "org/bytedeco/dnnl/$platform")
fi
# Those that take the longest first, as several are compiled at a time.
sources=(isa_avx512 isa_avx512_bf16 isa_avx2 isa_portable isa team openmp network kernels join max_pool transpose local_response winograd winograd_problem winograd_weights winograd_kernel_transform indirect indirect_problem indirect_weights strassen strassen_weights filtered filtered_weights fip fip_weights gemv depthwise depthwise_problem depthwise_weights bands)
tests=(winograd_test depthwise_test fip_test indirect_test filtered_test strassen_test bands_test team_test network_test gemv_test max_pool_test transpose_test local_response_test)
flags=(-std=c++17 -Wall -Wextra -Werror -pthread -I"$prefix/include" -I"$here/cpp")

# What only runs behind a check of the CPU is compiled for more than the plain x86-64 of the rest.
target_flags() {
    case $1 in
        *_avx2) echo -mavx2 -mfma ;;
        *_avx512_bf16) echo -mavx512f -mavx512bw -mavx512vl -mfma -mavx512bf16 ;;
        *_avx512) echo -mavx512f -mavx512bw -mavx512vl -mfma ;;
    esac
}

# Compiles all sources with the options given into a folder of objects, as many at a time as there are processors.
compile() {
    local folder=$1 source job begun=()
    shift
    mkdir -p "$folder"
    for source in "${sources[@]}"; do
        # shellcheck disable=SC2046 # several flags
        g++ "${flags[@]}" $(target_flags "$source") "$@" -c "$here/cpp/$source.cpp" -o "$folder/$source.o" &
        begun+=($!)
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || true; done
    done
    # Here a failure counts.
    for job in "${begun[@]}"; do wait "$job"; done
}

build_library() {
    [ -f "$library" ] && [ "$(cat "$work/lib.stamp" 2>/dev/null)" = "$stamp" ] && return
    local java_home objects=("${sources[@]/#/$work/lib/}")
    java_home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p')
    if [ ! -f "$java_home/include/jni.h" ]; then
        echo "conv4j: $java_home has no include/jni.h: use a full JDK" >&2
        exit 1
    fi
    compile "$work/lib" -O3 -fPIC -fno-math-errno -fno-trapping-math
    for source in jni_network jni_primitives; do
        g++ "${flags[@]}" -I"$java_home/include" -I"$java_home/include/linux" -O2 -fPIC -c "$here/cpp/$source.cpp" \
            -o "$work/lib/$source.o"
        objects+=("$work/lib/$source")
    done
    g++ -shared -s -pthread -fopenmp -Wl,-rpath,'$ORIGIN' -Wl,-z,noexecstack -Wl,-Bsymbolic "${objects[@]/%/.o}" \
        -L"$prefix" -l:libdnnl.so.3 -o "$library"
    echo "$stamp" >"$work/lib.stamp"
}

# Builds and runs the test programs with the objects of a folder, in another one and with the options given, as many at a time as there
# are processors. They have no JVM.
run_tests_with() {
    local built=$2 objects=("${sources[@]/#/$1/}")
    objects=("${objects[@]/%/.o}")
    shift 2
    mkdir -p "$built"
    printf '%s\n' "${tests[@]}" | xargs -P "$(nproc)" -I {} \
        g++ "${flags[@]}" "$@" "$here/cpp/{}.cpp" "${objects[@]}" "${link[@]}" -o "$built/{}"
    printf '%s\n' "${tests[@]/#/$built/}" | xargs -P "$(nproc)" -n 1 env ASAN_OPTIONS=detect_leaks=1
}

# The tests run with what the library is made of and under AddressSanitizer; those of the threads under ThreadSanitizer, too, which
# would not understand oneDNN's own barriers.
run_tests() {
    [ "$(cat "$work/test.stamp" 2>/dev/null)" = "$stamp" ] && return
    local link=(-L"$prefix" -l:libdnnl.so.3 -Wl,-rpath,"$prefix" -Wl,--allow-shlib-undefined -fopenmp)
    local sanitized=(-O1 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all)
    build_library
    run_tests_with "$work/lib" "$work/test" -O2
    compile "$work/test-asan" "${sanitized[@]}"
    run_tests_with "$work/test-asan" "$work/test-asan" "${sanitized[@]}"
    g++ "${flags[@]}" -O1 -g -fsanitize=thread "$here/cpp/team.cpp" "$here/cpp/team_test.cpp" -o "$work/team_test-tsan"
    # Older releases of ThreadSanitizer cannot place their memory where addresses are randomized widely.
    if setarch -R true 2>/dev/null; then setarch -R "$work/team_test-tsan"; else "$work/team_test-tsan"; fi
    echo "$stamp" >"$work/test.stamp"
}

case $mode in
    lib) build_library ;;
    test) run_tests ;;
    *) echo "build-native.sh: unknown mode '$mode', lib or test expected" >&2; exit 2 ;;
esac
