/* Fetches the same address again and puts its content in place of the old. Pausable; off for who asks for
   less motion; waits while the page is hidden or somebody types in it. */
"use strict";
(() => {
  const EVERY_MS = 10_000, KEY = "tachograph-live";
  const button = document.querySelector("[data-live]");
  const announce = document.querySelector("[data-announce]");
  if (!button) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let on = (localStorage.getItem(KEY) ?? (calm ? "off" : "on")) === "on";

  const show = () => {
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("[data-live-text]").textContent = on ? "Live" : "Live off";
    button.title = on ? "Refreshed every 10 seconds. Press to pause." : "Press to refresh every 10 seconds.";
  };

  const opened = () => [...document.querySelectorAll("#content details")].map((one) => one.open);

  const refresh = async () => {
    const content = document.querySelector("[data-content]");
    if (content.contains(document.activeElement)) return;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-content]");
    if (!fresh) return;
    const open = opened();
    content.replaceChildren(...fresh.childNodes);
    document.querySelectorAll("#content details").forEach((one, i) => { one.open = open[i] ?? one.open; });
    window.tachographCharts();
    document.documentElement.dataset.refreshed = Date.now();
  };

  const tick = async () => {
    if (!on || document.hidden) return;
    try {
      await refresh();
    } catch {
      on = false;
      show();
      announce.textContent = "The refresh failed and is paused. Press Live to try again.";
    }
  };

  button.addEventListener("click", () => {
    on = !on;
    localStorage.setItem(KEY, on ? "on" : "off");
    announce.textContent = on ? "Live refresh on" : "Live refresh paused";
    show();
    tick();
  });
  show();
  setInterval(tick, EVERY_MS);
})();
