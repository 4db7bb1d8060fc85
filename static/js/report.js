"use strict";
// Only makes easier what works without it: the draft stays on this device, the send waits for a connection, the place
// can come from the phone. Nothing leaves the device before "Send".
(() => {
  const KEY = "linli.report";
  const [SENDING, SENT] = ["linli.sending", "linli.sent"];
  const store = (kind) => {
    try {
      return window[kind];
    } catch {
      return null;
    }
  };
  const drop = () => {
    for (const kind of ["localStorage", "sessionStorage"]) store(kind)?.removeItem(KEY);
  };

  // -- the receipt: nothing is left here, and a reload does not show the code again
  const slip = document.querySelector("[data-sent]");
  if (slip) {
    drop();
    const sending = store("sessionStorage")?.getItem(SENDING);
    if (sending) store("sessionStorage").setItem(SENT, sending);
    history.replaceState(null, "", slip.dataset.place);
    return;
  }

  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const say = (name) => form.dataset[name] || "";
  const note = document.getElementById("draft-note");
  const tell = (text, button) => {
    const box = document.createElement("div");
    box.className = "note note-info";
    box.setAttribute("role", "status");
    box.textContent = text;
    if (button) box.append(" ", button);
    note.replaceChildren(box);
  };
  const anonymous = () => form.querySelector("[name=identity]:checked")?.value === "anonymous";

  // -- the draft
  const KEPT = ["text", "area", "place", "phone", "name", "identity", "kind", "secret"];
  const keep = () => {
    const draft = { at: Date.now() };
    for (const name of KEPT) draft[name] = new FormData(form).get(name) || "";
    if (!draft.text && !draft.place && !draft.phone) return drop();
    const [here, there] = anonymous() ? ["sessionStorage", "localStorage"] : ["localStorage", "sessionStorage"];
    try {
      store(there)?.removeItem(KEY);
      store(here)?.setItem(KEY, JSON.stringify(draft));
    } catch {
      // Full or forbidden: then there is no draft.
    }
  };
  const restore = () => {
    let draft = null;
    try {
      draft = JSON.parse(store("sessionStorage")?.getItem(KEY) || store("localStorage")?.getItem(KEY) || "null");
    } catch {
      drop();
    }
    if (!draft || form.elements.looked || form.elements.text.value || Date.now() - draft.at > 7 * 864e5) return;
    for (const name of KEPT) {
      const field = form.elements[name];
      if (field && draft[name]) field.value = draft[name];
    }
    const again = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-link", textContent: say("sayDrop") });
    again.addEventListener("click", () => {
      drop();
      location.assign(location.pathname);
    });
    tell(say("sayKept"), again);
  };
  restore();
  form.addEventListener("input", keep);
  form.addEventListener("change", (event) => {
    keep();
    if (event.target.name === "identity") {
      form.querySelector("[data-position]").hidden = anonymous() || !navigator.geolocation;
      if (anonymous()) {
        form.elements.position.value = "";
        tell(say("sayPrivate"));
      } else note.replaceChildren();
    }
  });

  // -- sending waits for a connection
  let waiting = false;
  form.addEventListener("submit", (event) => {
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = true;
    keep();
    tell(say("sayOffline"));
  }, true);
  addEventListener("online", () => {
    if (waiting) form.requestSubmit();
    waiting = false;
  });

  // -- the same once more, with the back button or typed again in this window, is asked about; only a number is kept of it
  const print = () => {
    let number = 0;
    for (const name of ["text", "area", "place"]) {
      for (const sign of `${form.elements[name].value.trim()}|`) number = (Math.imul(number, 31) + sign.codePointAt(0)) | 0;
    }
    return String(number);
  };
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (store("sessionStorage")?.getItem(SENT) === print() && !confirm(say("sayAgain"))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    try {
      store("sessionStorage")?.setItem(SENDING, print());
    } catch {
      // Full or forbidden: then nobody asks.
    }
  }, true);

  // -- the place, to about 100 metres, only when asked
  const place = form.querySelector("[data-position]");
  if (navigator.geolocation && isSecureContext) {
    place.hidden = anonymous();
    const field = place.querySelector(".position-field");
    const out = place.querySelector("[data-forget-position]");
    const said = place.querySelector("[data-said]");
    const set = (text) => {
      said.textContent = "";
      form.elements.position.value = text;
      field.hidden = out.hidden = !text;
    };
    set(form.elements.position.value);
    place.querySelector("[data-find]").addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => set(`${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`),
        () => {
          said.textContent = say("sayNowhere");
        },
        { maximumAge: 60000, timeout: 15000 },
      );
    });
    out.addEventListener("click", () => set(""));
  }

  document.querySelector("#wrong, .has-error, #position-wrong")?.scrollIntoView({ block: "center" });
})();
