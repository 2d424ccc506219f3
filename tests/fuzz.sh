# Every fuzzer for SECONDS each, from what it found before and from our own frames. Sourced by the launcher.
need clang libclang-rt-14-dev
configure_and_build fuzz
seconds=${1:-60}
seeds=$home/build/corpus/seeds
python3 "$home/tests/fuzz/seeds.py" "$home" "$seeds" || die "no seeds could be made of captures/"
for fuzzer in "$home"/build/fuzz/tests/fuzz_*; do
    [ -x "$fuzzer" ] && [ -f "$fuzzer" ] || continue
    name=$(basename "$fuzzer")
    mkdir -p "$home/build/corpus/$name"
    say "$name for $seconds s"
    "$fuzzer" -max_total_time="$seconds" -print_final_stats=0 -verbosity=0 -artifact_prefix="$home/build/$name-" \
        "$home/build/corpus/$name" "$seeds" || die "$name found something: see build/$name-*"
done
echo "no findings"
exit
