# The keep-alive loop of the API document, as printed but for the host, its port and the portal ID; it runs for 95 seconds.
portal=c0619ab12345
host=${WATTPROOF_BROKER%:*} port=${WATTPROOF_BROKER##*:}
timeout -k 1 95 bash -c "
( first=\"\"; while true; do if [[ -n \"\$first\" ]]; then echo '{ \"keepalive-options\" : [\"suppress-republish\"] }'; else echo \"\"; fi ; first=true; sleep 30; done ) | mosquitto_pub -t 'R/$portal/keepalive' -l -h '$host' -p $port
"
[ $? = 124 ] && echo "ok it ran until it was stopped"
exit 0
