/* What is shown, kept in the address behind the #, so that a link leads others to the same place. */
const state = (() => {
    const keys = ["view", "api", "verdict", "statement", "q", "play", "world", "record"];
    const listeners = [];

    function read() {
        const said = new URLSearchParams(location.hash.slice(1));

        return Object.fromEntries(keys.map((key) => [key, said.get(key) || ""]));
    }

    function href(changes) {
        const all = { ...read(), record: "", ...changes }, said = new URLSearchParams();

        for (const key of keys)
            if (all[key])
                said.set(key, all[key]);
        return "#" + said;
    }

    /* Typing does not fill the history; going somewhere does. */
    function set(changes, replace) {
        const to = href(changes);

        if (to === (location.hash || "#"))
            return;
        if (replace) {
            history.replaceState(null, "", to);
            tell();
        } else {
            location.hash = to;
        }
    }

    function tell() {
        const now = read();

        listeners.forEach((listener) => listener(now));
    }

    function onChange(listener) {
        listeners.push(listener);
    }

    addEventListener("hashchange", tell);
    return { read, href, set, tell, onChange };
})();
