"use strict";
// Replaces the part of the page that changes; a failed fetch leaves the old one and dims it.
(() => {
  const part = document.querySelector("[data-live]");
  if (!part) return;
  const again = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        part.innerHTML = await answer.text();
        part.classList.remove("stale");
      } catch (error) {
        part.classList.add("stale");
      }
    }
    window.setTimeout(again, 2500);
  };
  window.setTimeout(again, 2500);
})();
