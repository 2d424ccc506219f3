# All tests: unit tests under ASan and UBSan, every scenario in both worlds (long ones too), interop and the report page
# in a browser where node is.
# Sourced by the launcher; ends with "N passed, N failed".
need dbus-bin python3-dbus python3-gi # strangers on the message bus
command -v busctl >/dev/null || need systemd # for its busctl alone
need openssl  # the tests make certificates with it
need tshark   # a second opinion on the captures that runs leave
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
        case $capture in
        # Not proven, so nothing is written: refusals that hang on bytes which are blanked.
        *hostile-bare* | *octolux-cut-header* | *octolux-junk*A11A* | *octolux-length-wrong* | *octolux-unknown-functions* | \
            *venus-broker-wildcard-publish*)
            say "check: left out: $capture"
            continue
            ;;
        esac
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

# Captures of DLMS/COSEM, our own and those of others, read by a program that shares nothing with ours.
dlms_second_opinion() {
    [ -e /usr/lib/python3/dist-packages/cryptography ] || install python3-cryptography
    data=${WATTPROOF_TESTDATA:-$home/../shared}
    key=000102030405060708090A0B0C0D0E0F auth=D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF
    set --
    for capture in "$home"/captures/dlms/*.pcap; do
        set -- "$@" -- "$capture" $key $auth
    done
    if [ -e "$data/vectors/dlms.json" ]; then
        /usr/bin/python3 "$home/tests/interop/dlms_reader.py" --vectors "$data/vectors/dlms.json" || return 1
        for capture in "$data"/captures/dlms/*.pcap; do
            set -- "$@" -- "$capture" $key $auth
        done
    else
        say "check: skipped: the published vectors and captures (no test data at $data)"
    fi
    shift
    /usr/bin/python3 "$home/tests/interop/dlms_compare.py" "$build/wattproof" "$@"
}

# Messages of a bus, every field and value beside tshark's.
dbus_second_opinion() {
    python3 "$home/tests/interop/dbus_compare.py" "$build/wattproof" "$home"/captures/dbus/*.pcap
}

# The same of what live plays leave; the keys are those that a meter has when a scenario gives it none.
dlms_live_captures() {
    set --
    for capture in "$home"/build/check/s/live/*/run.pcapng; do
        case $capture in
        *hostile-bare*) continue ;; # broken APDUs without a border: where the next one begins is each reader's guess
        esac
        set -- "$@" -- --mixed "$capture" 000102030405060708090A0B0C0D0E0F D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF
    done
    shift
    /usr/bin/python3 "$home/tests/interop/dlms_compare.py" "$build/wattproof" "$@"
}

# LuxPower streams, read by a program that shares nothing with ours.
lxp_second_opinion() {
    data=${WATTPROOF_TESTDATA:-$home/../shared}
    set -- "$home"/captures/lxp/*.pcap "$home"/captures/lxp/*.pcapng
    if [ -e "$data/vectors/lxp.json" ]; then
        /usr/bin/python3 "$home/tests/interop/lxp_reader.py" --vectors "$data/vectors/lxp.json" || return 1
        set -- "$@" "$data"/captures/luxpower/*.pcap
    else
        say "check: skipped: the published vectors and captures (no test data at $data)"
    fi
    /usr/bin/python3 "$home/tests/interop/lxp_compare.py" "$build/wattproof" "$@"
}

# The same of what live plays leave, and what the gateway published in them, octet for octet.
lxp_live_captures() {
    /usr/bin/python3 "$home/tests/interop/lxp_compare.py" "$build/wattproof" --runs \
        "$home"/build/check/s/live/octolux-*/run.pcapng
}

# Payloads of a real Victron system, written anew by a program that shares nothing with ours.
venus_second_opinion() {
    data=${WATTPROOF_TESTDATA:-$home/../shared}
    if [ -e "$data/vectors/venus-recordings.json" ]; then
        /usr/bin/python3 "$home/tests/interop/venus_reader.py" --vectors "$data/vectors/venus-recordings.json"
    else
        say "check: skipped: the recorded payloads (no test data at $data)"
    fi
}

# It follows the message bus of each play, and says what the gateway had to publish of it.
venus_plays() {
    /usr/bin/python3 "$home/tests/interop/venus_compare.py" "$home"/build/check/s/*/venus-*/run.pcapng
}

if command -v node >/dev/null && command -v npm >/dev/null; then
    part "interop: AsyncAPI parser and a second schema validator" interop
    need chromium
    part "the report page in a browser" browser
else
    say "check: skipped: interop and the report page in a browser (node and npm are not installed)"
fi
part "DLMS/COSEM: an independent reader's word on captures" dlms_second_opinion
part "D-Bus: a second opinion" dbus_second_opinion
part "LuxPower: an independent reader's word on captures" lxp_second_opinion
part "Venus: an independent reader's payloads" venus_second_opinion
part "unit tests with sanitizers" unit_tests
part "scenarios in both worlds, and replay" "$build/wattproof" run --long -o "$home/build/check"
part "DLMS/COSEM: the independent reader's word on live plays" dlms_live_captures
part "LuxPower: the independent reader's word on live plays, and on what was published" lxp_live_captures
part "Venus: the independent reader's word on what was published of a bus" venus_plays
part "captures of live plays, made fit to be shared" shared_captures
part "the reference gateway as somebody else's" "$build/wattproof" run --sut "$home/tests/sut/reference.yaml" \
    -o "$home/build/check-sut"
part "the same with its own broker" "$build/wattproof" run --sut "$home/tests/sut/own-broker.yaml" \
    -o "$home/build/check-own-broker"
part "somebody else's service on the message bus" "$build/wattproof" run 'venus-device-*' \
    --sut "$home/tests/sut/venus-service.yaml" -o "$home/build/check-service"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
exit
