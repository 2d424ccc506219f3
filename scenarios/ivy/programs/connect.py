"""What CONNECT is answered with, over plain TCP."""
from raw import Wire, check, connect, now

start = now()
w = Wire()
w.send(connect("any", level=4))
first, body = w.packet()
check("level 4 gets CONNACK 0 within a second", first == 0x20 and body[1] == 0 and now() - start < 1)

w = Wire()
w.send(connect("", level=4))
check("an empty client id with a clean session gets CONNACK 0", w.packet()[1][1] == 0)

w = Wire()
w.send(connect("with", user="who", password="ever", level=4))
check("arbitrary credentials get CONNACK 0 when authentication is off", w.packet()[1][1] == 0)
