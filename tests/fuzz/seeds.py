"""First inputs for the fuzzers: the frames of captures/*/*.vec, a file each.

    seeds.py HOME FOLDER

The first octet of most fuzzers' input chooses how the rest is read, so each frame has a 0 in front. Of a push its body
stands alone, too, for those who read no frames."""
import hashlib
import pathlib
import re
import sys

FRAME = re.compile(r"^from-\S+ ([0-9A-F ]+)$", re.MULTILINE)
# data-notification: tag, long-invoke-id-and-priority, no date-time or one of twelve octets; then the body
PUSH = re.compile(rb"\x0F.{4}(?:\x00|\x0C.{12}|\x09\x0C.{12})([\x01\x02].+)", re.DOTALL)


def inputs(home):
    for file in sorted(pathlib.Path(home, "captures").glob("*/*.vec")):
        for digits in FRAME.findall(file.read_text()):
            frame = bytes.fromhex(digits)
            push = PUSH.search(frame)
            yield frame
            if push:
                yield push[1]


folder = pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for data in inputs(sys.argv[1]):
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(b"\0" + data)
