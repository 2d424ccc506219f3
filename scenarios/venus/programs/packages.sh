# The API document installs its tools with: sudo apt-get install mosquitto-clients
for tool in mosquitto_pub mosquitto_sub; do
    command -v $tool >/dev/null && echo "ok $tool is on the path"
    dpkg-query -L mosquitto-clients | grep -q "/bin/$tool\$" && echo "ok the package has $tool"
done
apt-get install --simulate mosquitto-clients >/dev/null && echo "ok apt knows the package"
exit 0
