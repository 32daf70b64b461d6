// Keeps the parts of a console page that are marked `data-live` up to date.
// Without this script the page is the same, and has to be reloaded by hand.
"use strict";
(() => {
  const EVERY_MS = 1500;
  const sign = document.getElementById("live-sign");

  function showStatus(text, lost) {
    if (sign.textContent !== text) sign.textContent = text;
    sign.classList.toggle("lost", lost);
  }

  // A part stays as it is while text is selected in it, or an element without an id has the
  // focus: replacing it would drop the selection, or the button that is about to be pressed.
  function inUse(part) {
    const active = document.activeElement;
    const selection = document.getSelection();
    return (
      (part.contains(active) && !active.id) ||
      (selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode))
    );
  }

  function update(part, fresh) {
    // The server renders every <details> closed; those that the user has opened stay open.
    for (const open of part.querySelectorAll("details[open][id]")) {
      const twin = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (twin) twin.open = true;
    }
    if (part.innerHTML === fresh.innerHTML || inUse(part)) return;
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.replaceChildren(...fresh.childNodes);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }

  async function refresh() {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(part.id);
      if (fresh) update(part, fresh);
    }
  }

  async function poll() {
    // Nobody sees a hidden tab, and its requests would only fill the stub's log.
    if (!document.hidden) {
      try {
        await refresh();
        showStatus("Live", false);
      } catch {
        showStatus("No answer from the stub; trying again", true);
      }
    }
    // After the answer instead of by setInterval, so that slow answers do not pile up.
    setTimeout(poll, EVERY_MS);
  }

  sign.hidden = false;
  poll();
})();
