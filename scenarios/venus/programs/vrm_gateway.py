"""`wattproof gateway FILE` at a VRM server: TLS with an authority of its own, user and token; ended when the portal's user
has written."""
import os
import subprocess
import sys
import time

CONFIG = """north: [venus]
bus: "%s"
log: debug
broker:
  url: mqtts://%s
  ca_file: %s
  user: gx
  password: inside
set:
  venus.portal: c0619ab12345
"""


def main():
    with open("gateway.yaml", "w") as f:
        f.write(CONFIG % (os.environ["WATTPROOF_BUS"], os.environ["WATTPROOF_BROKER_TLS"], os.environ["WATTPROOF_CA"]))
    gateway = subprocess.Popen([os.environ["WATTPROOF_BIN"], "gateway", "gateway.yaml"], stderr=subprocess.STDOUT)
    time.sleep(float(sys.argv[1]))
    gateway.terminate()
    print("ended with", gateway.wait(10))


main()
