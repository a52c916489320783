// Unpacks the script and the data of a circuit and starts them; where a browser cannot, the picture stays as it is.
(() => {
  "use strict";
  if (!("DecompressionStream" in globalThis)) return;

  const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

  // Five signs in base 85 for four bytes; what is missing of the last five is made up and taken away again.
  /** @param {string} text */
  const bytesOf = (text) => {
    const fives = text.padEnd(Math.ceil(text.length / 5) * 5, "~").match(/.{5}/gs) ?? [];
    const view = new DataView(new ArrayBuffer(4 * fives.length));
    fives.forEach((five, at) => view.setUint32(4 * at, [...five].reduce((sum, sign) => 85 * sum + SIGNS.indexOf(sign), 0)));
    return new Uint8Array(view.buffer, 0, Math.floor((text.length * 4) / 5));
  };

  /** @param {string} text */
  const unpacked = (text) => {
    const bytes = bytesOf(text);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };

  // The policy of the page knows the hash of this script's text, so it may run without eval.
  /** @param {Element} holder */
  const start = async (holder) => {
    holder.setAttribute("data-live", "");
    const packed = JSON.parse(holder.querySelector('script[type="application/json"]')?.textContent ?? "[]");
    const [code, data] = await Promise.all(packed.map(unpacked));
    const script = document.createElement("script");
    script.textContent = code;
    Object.assign(script, { given: { holder, data: JSON.parse(data) } });
    document.head.append(script);
    script.remove();
  };

  // Some notebooks run scripts outside the place where they stand: then all circuits that are there are started.
  const own = document.currentScript?.closest(".gatewise-circuit");
  const holders = own ? [own] : [...document.querySelectorAll(".gatewise-circuit")];
  holders.filter((holder) => !holder.hasAttribute("data-live")).forEach(start);
})();
