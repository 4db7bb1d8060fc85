"use strict";
// A piece of arithmetic done while somebody types, so that nobody has to wait or solve a puzzle. Where the browser cannot
// calculate, the short wait that came with the page takes its place.
(() => {
  if (!window.crypto?.subtle || !window.isSecureContext) return;
  const RENEW = 25 * 60 * 1000;
  const BATCH = 16;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  const derive = async (parameters, counter) => {
    const nonce = bytes(parameters.nonce);
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, counter);
    const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
    const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes(parameters.salt), iterations: parameters.cost };
    return hex(await crypto.subtle.deriveBits(how, key, parameters.keyLength * 8));
  };

  const solve = async (challenge) => {
    const { parameters } = challenge;
    for (let start = 0; start < 20000; start += BATCH) {
      const counters = Array.from({ length: BATCH }, (_unused, index) => start + index);
      const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
      const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
      if (found >= 0) return btoa(JSON.stringify({ challenge, solution: { counter: start + found, derivedKey: keys[found] } }));
    }
    return "";
  };

  for (const form of document.querySelectorAll("form[data-proof]")) {
    let began = 0;
    form.addEventListener("input", async () => {
      if (Date.now() - began < RENEW) return;
      began = Date.now();
      form.elements.altcha.value = "";
      try {
        const answer = await fetch(form.dataset.proof, { headers: { Accept: "application/json" } });
        if (answer.ok) form.elements.altcha.value = await solve(await answer.json());
      } catch {
        began = 0; // no connection just now
      }
    });
  }
})();
