"use strict";
// Reads the page aloud with the browser's own voice, where it has one.
(() => {
  const voice = window.speechSynthesis;
  if (!voice || !window.SpeechSynthesisUtterance) return;
  const words = (root) => {
    const parts = [];
    for (const element of root.querySelectorAll("h1, h2, h3, p, li, dt, dd, legend, label, strong, .prose")) {
      if (element.closest("[hidden], .website, [aria-hidden=true], .no-print") || element.querySelector("p, li, legend, label")) continue;
      const text = element.textContent.replace(/\s+/g, " ").trim();
      if (text && parts.at(-1) !== text) parts.push(text);
    }
    return parts;
  };
  for (const button of document.querySelectorAll("[data-aloud]")) {
    const label = button.querySelector("span");
    const start = label.textContent;
    const rest = () => {
      label.textContent = start;
      button.setAttribute("aria-pressed", "false");
    };
    button.hidden = false;
    rest();
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") === "true";
      voice.cancel();
      if (on) return rest();
      label.textContent = button.dataset.sayStop;
      button.setAttribute("aria-pressed", "true");
      const parts = words(document.querySelector("main"));
      parts.forEach((part, index) => {
        const speech = new SpeechSynthesisUtterance(part);
        speech.lang = document.documentElement.lang === "en" ? "en" : "zh-CN";
        speech.rate = 0.9;
        if (index === parts.length - 1) speech.addEventListener("end", rest);
        voice.speak(speech);
      });
    });
  }
  addEventListener("pagehide", () => voice.cancel());
})();
