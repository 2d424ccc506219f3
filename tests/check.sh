# All tests: unit tests under ASan and UBSan, every scenario in both worlds (long ones too), interop and the report page
# in a browser where node is.
# Sourced by the launcher; ends with "N passed, N failed".
need openssl # the tests make certificates with it
need tshark  # a second opinion on the captures that runs leave
passed=0
failed=0
part() {
    title=$1
    shift
    say "check: $title"
    if "$@"; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        say "check: FAILED: $title"
    fi
}

unit_tests() {
    configure_and_build dev
    (cd "$home" && ctest --preset dev --output-on-failure)
}

interop() {
    (cd "$home/tests/interop" && npm ci --ignore-scripts --no-audit --no-fund --silent && node check.mjs)
}

browser() {
    (cd "$home/tests/browser" && npm ci --ignore-scripts --no-audit --no-fund --silent && node check.mjs)
}

# What live plays leave is made fit to be shared: each is proven, and replay says the same of it.
shared_captures() {
    out=$home/build/check/shared.pcapng
    n=0
    for capture in "$home"/build/check/s/live/*/run.pcapng; do
        [ -e "$capture" ] || return 1
        before=0 after=0
        "$build/wattproof" capture anonymise --key check "$capture" "$out" >"$out.said" || return 1
        "$build/wattproof" replay "$capture" >/dev/null || before=$?
        "$build/wattproof" replay "$out" >/dev/null || after=$?
        [ "$before" = "$after" ] || { say "$capture: replay exits $before, anonymised $after"; return 1; }
        n=$((n + 1))
    done
    say "check: $n live captures anonymised"
}

if command -v node >/dev/null && command -v npm >/dev/null; then
    part "interop: AsyncAPI parser and a second schema validator" interop
    need chromium
    part "the report page in a browser" browser
else
    say "check: skipped: interop and the report page in a browser (node and npm are not installed)"
fi
part "unit tests with sanitizers" unit_tests
part "scenarios in both worlds, and replay" "$build/wattproof" run --long -o "$home/build/check"
part "captures of live plays, made fit to be shared" shared_captures
part "the reference gateway as somebody else's" "$build/wattproof" run --sut "$home/tests/sut/reference.yaml" \
    -o "$home/build/check-sut"
part "the same with its own broker" "$build/wattproof" run --sut "$home/tests/sut/own-broker.yaml" \
    -o "$home/build/check-own-broker"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
exit
