/* Light, dark, or as the system has it. */
const theme = (() => {
    const buttons = document.querySelectorAll(".themes button");

    function remembered() {
        try {
            return localStorage.getItem("wattproof-theme") || "auto";
        } catch {
            return "auto"; /* a page from a file may have no storage */
        }
    }

    function apply(name) {
        document.documentElement.dataset.theme = name;
        buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.theme === name)));
    }

    function choose(name) {
        apply(name);
        try {
            localStorage.setItem("wattproof-theme", name);
        } catch { /* then only until the page is closed */ }
    }

    buttons.forEach((b) => b.addEventListener("click", () => choose(b.dataset.theme)));
    apply(remembered());
    return { choose };
})();
