"""Runs a sample of the document unchanged; what it opens on port 1883 goes to the broker under test."""
import os
import runpy
import socket
import sys

HOST, PORT = os.environ["WATTPROOF_BROKER"].rsplit(":", 1)
real_create_connection = socket.create_connection


def create_connection(address, *args, **options):
    if address[1] == 1883:
        address = (HOST, int(PORT))
    return real_create_connection(address, *args, **options)


socket.create_connection = create_connection
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
