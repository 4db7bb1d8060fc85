"use strict";
// Only makes quicker what already works without it.
(() => {
  const say = (name) => document.body.dataset[name] || "";

  // -- forms are sent once; a page taken back from the browser's memory may be sent again
  const release = (form) => {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
    // A download answers without a new page; let the form go after a while.
    setTimeout(() => release(form), 8000);
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
  });

  // -- hints that come in while a button is pressed stay out: they would push it from under the finger
  document.addEventListener("htmx:beforeSwap", (event) => {
    const hint = event.detail.target.closest("[aria-live]");
    if (hint && document.querySelector("[type=submit]:active")) event.detail.shouldSwap = false;
  });

  // -- theme and elder mode change in place, so that nothing typed or shown once is lost
  const dark = document.getElementById("dark");
  const show = {
    theme(value) {
      document.documentElement.dataset.theme = value;
      const media = { dark: "screen", light: "not all", auto: "screen and (prefers-color-scheme: dark)" };
      dark.media = media[value];
    },
    elder(value) {
      document.documentElement.classList.toggle("elder", value === "1");
      for (const button of document.querySelectorAll(".elder-switch button")) button.value = value === "1" ? "0" : "1";
    },
  };
  for (const form of document.querySelectorAll("[data-scripted]")) form.hidden = false;
  document.addEventListener(
    "submit",
    (event) => {
      const kind = event.target.dataset.appearance;
      const button = event.submitter;
      if (!kind || !button || button.name !== kind) return;
      if (kind === "language") {
        if (typed() && !confirm(say("sayLose"))) event.preventDefault();
        return;
      }
      event.preventDefault();
      const value = button.value;
      const body = new FormData(event.target);
      body.set(kind, value);
      fetch(event.target.action, { method: "POST", body, headers: { "HX-Request": "true" } }).then((answer) => {
        if (answer.status !== 204) return tell(say("sayFailed"));
        show[kind](value);
        for (const other of document.querySelectorAll(`.segments button[name=${kind}]`)) {
          other.setAttribute("aria-pressed", String(other.value === value));
        }
      }, () => tell(say("sayOffline")));
    },
    true,
  );

  // -- another language loads the page anew: whether something filled in would be lost; a draft is kept by its page
  const filled = (field, refused) => {
    if (field.type === "file") return field.files.length > 0;
    if (field.closest("[data-draft]") || ["hidden", "submit", "button"].includes(field.type)) return false;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") return field.selectedIndex > 0 && !field.selectedOptions[0].defaultSelected;
    if (!("defaultValue" in field)) return false;
    return field.value !== field.defaultValue || (refused && field.value.trim() !== "");
  };
  const typed = () => {
    const refused = Boolean(document.querySelector("main [aria-invalid=true], main .note-danger"));
    return [...document.querySelectorAll("main form")].some(
      (form) => form.method === "post" && [...form.elements].some((field) => filled(field, refused)),
    );
  };

  // -- how much room is left in a long text
  const count = (area) => {
    const most = Number(area.getAttribute("maxlength"));
    if (!most) return;
    let counter = area.nextElementSibling;
    if (!counter || !counter.classList.contains("counter")) {
      counter = document.createElement("span");
      counter.className = "counter num";
      area.after(counter);
    }
    const used = area.value.length;
    counter.textContent = say("sayCount").replace("{used}", used).replace("{max}", most);
    counter.classList.toggle("is-near", used > most * 0.95);
  };
  const countAll = (root) => root.querySelectorAll("textarea[data-count][maxlength]").forEach(count);
  document.addEventListener("input", (event) => {
    if (event.target.matches("textarea[data-count]")) count(event.target);
  });
  countAll(document);
  document.addEventListener("htmx:load", (event) => countAll(event.target));

  // -- keys: / to the search box, n to a new case; never while typing
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") closeMenus(null);
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const goal = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!goal) return;
    event.preventDefault();
    if (goal.tagName === "A") goal.click();
    else goal.focus();
  });

  // -- a button that prints the page
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });

  // -- a menu closes when one looks elsewhere
  const closeMenus = (inside) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (inside && menu.contains(inside)) continue;
      const within = menu.contains(document.activeElement);
      menu.removeAttribute("open");
      if (within && !inside) menu.querySelector("summary").focus();
    }
  };
  document.addEventListener("click", (event) => closeMenus(event.target));

  // -- who was signed out meanwhile and signs in again in another window can send what is still here
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
    if (!token) return;
    event.detail.headers["X-CSRFToken"] = token;
    if (event.detail.parameters.csrfmiddlewaretoken) event.detail.parameters.csrfmiddlewaretoken = token;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!new URL(event.detail.xhr.responseURL || location.href).pathname.startsWith("/accounts/login/")) return;
    event.detail.shouldSwap = false;
    tell(say("saySignIn"), "/accounts/login/");
  });

  // -- when htmx fails, say so and keep the page as it is
  const tell = (text, url) => {
    const place = document.getElementById("messages");
    if (!place) return;
    const note = document.createElement("div");
    note.className = "note note-danger";
    note.setAttribute("role", "alert");
    note.textContent = text;
    if (url) {
      const link = Object.assign(document.createElement("a"), { href: url, target: "_blank", textContent: say("saySignInLink") });
      note.append(" ", link);
    }
    place.replaceChildren(note);
    note.scrollIntoView({ block: "nearest" });
  };
  // A panel that loads by itself was not asked for: where it fails, its link stays.
  const failed = (words) => (event) => {
    if (event.detail.requestConfig.triggeringEvent) tell(say(words));
  };
  document.addEventListener("htmx:responseError", failed("sayFailed"));
  document.addEventListener("htmx:sendError", failed("sayOffline"));
  document.addEventListener("htmx:timeout", failed("sayOffline"));
  const busy = (element, yes) => {
    if (yes) element.setAttribute("aria-busy", "true");
    else element.removeAttribute("aria-busy");
    if (element.tagName !== "FORM" || element.method !== "post") return;
    for (const button of element.querySelectorAll("button:not([type=button])")) button.disabled = yes;
  };
  document.addEventListener("htmx:beforeSend", (event) => busy(event.target, true));
  document.addEventListener("htmx:afterRequest", (event) => busy(event.detail.elt, false));

  // -- after a swap the first wrong field gets the cursor; a form that was asked for is read from its head
  document.addEventListener("htmx:afterSettle", (event) => {
    const wrong = event.target.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
    else if (event.detail.requestConfig?.elt.closest(".next")) document.getElementById("act-title")?.focus({ preventScroll: true });
  });
})();
