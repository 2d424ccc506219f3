"""The command lines of the API document for the VRM servers, with real values in their places."""
import os
import subprocess
import time

HOST, PORT = os.environ["WATTPROOF_BROKER_TLS"].rsplit(":", 1)
CA, OTHER_CA = os.environ["WATTPROOF_CA"], "/etc/ssl/certs/ca-certificates.crt"
PORTAL, USER, TOKEN = "c0619ab12345", "anna@example.com", "Token 0123abcd"
TOTAL = "N/%s/system/0/Ac/Consumption/Total/Power" % PORTAL
SETPOINT = "W/%s/hub4/0/AcPowerSetpoint" % PORTAL


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    return done.returncode, done.stdout


# With -i for the -I of the document: with -c mosquitto_sub wants an id that stays. -C and -W end it.
def listener(ca):
    return ("mosquitto_sub", "-v", "-i", "myclient_1", "-c", "-t", TOTAL, "-h", HOST, "-u", USER, "-P", TOKEN,
            "--cafile", ca, "-p", PORT, "-C", "1", "-W", "8")


def publish(topic, payload, password=TOKEN):
    return run("mosquitto_pub", "-I", "myclient_", "-t", topic, "-m", payload, "-h", HOST, "-u", USER, "-P", password,
               "--cafile", CA, "-p", PORT)


def write(password=TOKEN):
    return publish(SETPOINT, '{"value":-100}', password)


# Each keep-alive is answered by the value; the first may come before the subscription is there.
waiting = subprocess.Popen(listener(CA), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for _ in range(5):
    assert publish("R/%s/keepalive" % PORTAL, "") == (0, "")
    time.sleep(0.4)
output, _ = waiting.communicate(timeout=20)
assert (waiting.returncode, output) == (0, TOTAL + ' {"value":936}\n'), (waiting.returncode, output)
assert write() == (0, "")
assert write("secret") == (0, "")
code, output = write("0123abcd")
assert code != 0, output
if os.path.exists(OTHER_CA):
    code, output = run(*listener(OTHER_CA))
    assert code not in (0, 27), (code, output)  # 27: it was let in and waited
print("every sample works")
