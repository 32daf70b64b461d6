// Keeps the parts of a console page that are marked `data-live` as the server has them.
// Without this script the page is the same, and is loaded again by hand.
"use strict";
(() => {
  const EVERY_MS = 1500;
  const sign = document.getElementById("live-sign");

  function say(text, lost) {
    if (sign.textContent !== text) sign.textContent = text;
    sign.classList.toggle("lost", lost);
  }

  // Nothing is pulled away from under somebody who reads, copies or is about to press.
  function inUse(part) {
    const active = document.activeElement;
    const chosen = document.getSelection();
    return (
      (part.contains(active) && !active.id) ||
      (chosen !== null && !chosen.isCollapsed && part.contains(chosen.anchorNode))
    );
  }

  function put(part, fresh) {
    for (const open of part.querySelectorAll("details[open][id]")) {
      const twin = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (twin) twin.open = true;
    }
    if (part.innerHTML === fresh.innerHTML || inUse(part)) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function look() {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const there = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = there.getElementById(part.id);
      if (fresh) put(part, fresh);
    }
  }

  async function keep() {
    if (!document.hidden) {
      try {
        await look();
        say("Live", false);
      } catch {
        say("No answer from the stub; trying again", true);
      }
    }
    setTimeout(keep, EVERY_MS);
  }

  sign.hidden = false;
  keep();
})();
