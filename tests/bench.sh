# Speed, as ratios measured in one run. Sourced by the launcher.
need tshark # one of the contestants
for bench in "$build"/tests/bench_*; do
    [ -x "$bench" ] && [ -f "$bench" ] || continue
    "$bench" "$@" || die "$(basename "$bench") failed"
done
exit
