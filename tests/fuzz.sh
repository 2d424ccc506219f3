# Every fuzzer for SECONDS each. Sourced by the launcher.
need clang libclang-rt-14-dev
configure_and_build fuzz
seconds=${1:-60}
for fuzzer in "$home"/build/fuzz/tests/fuzz_*; do
    [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
    name=$(basename "$fuzzer")
    mkdir -p "$home/build/corpus/$name"
    say "$name for $seconds s"
    "$fuzzer" -max_total_time="$seconds" -print_final_stats=0 -verbosity=0 -artifact_prefix="$home/build/$name-" \
        "$home/build/corpus/$name" || die "$name found something: see build/$name-*"
done
echo "no findings"
exit
