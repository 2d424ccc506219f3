/* The data of the run: pieces of the page that hold base64 of a zlib stream of JSON, opened when they are asked for. */
const data = (() => {
    const opened = new Map();

    async function read(id) {
        const element = document.getElementById(id);

        if (!element)
            throw new Error("the page has no data '" + id + "'");
        const bytes = Uint8Array.from(atob(element.textContent), (c) => c.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));

        return JSON.parse(await new Response(stream).text());
    }

    /* The same promise for the same piece. */
    function open(id) {
        if (!opened.has(id))
            opened.set(id, read(id));
        return opened.get(id);
    }

    return { open };
})();
