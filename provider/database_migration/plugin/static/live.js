"use strict";
// Replaces the part of the page that changes, and tells the run what its forms say. A failed fetch leaves the old part
// and dims it. What somebody has opened or typed survives.
(() => {
  const part = document.querySelector("[data-live]");
  const said = document.querySelector(".said");
  if (!part) return;

  const show = (html) => {
    const open = [...part.querySelectorAll("details[open]")].map((one) => one.id);
    const typed = [...part.querySelectorAll("details[open] input[id]")].map((one) => [one.id, one.value]);
    const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
    part.innerHTML = html;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    for (const [id, value] of typed) {
      const input = document.getElementById(id);
      if (input) input.value = value;
    }
    if (focused) document.getElementById(focused)?.focus();
  };

  const look = async () => {
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      part.classList.remove("stale");
    } catch (error) {
      part.classList.add("stale");
    }
  };

  const tell = async (form, button) => {
    const fields = new FormData(form, button);
    const told = {};
    for (const [name, value] of fields) {
      if (value !== "") told[name] = name.endsWith("_per_second") ? Number(value) : value;
    }
    if (told.action === "as_specified") {
      delete told.rows_per_second;
      delete told.megabytes_per_second;
    }
    button.disabled = true;
    let words = "";
    try {
      const answer = await fetch(part.dataset.control, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(told),
      });
      const body = await answer.json();
      words = answer.ok ? body.said : typeof body.detail === "string" ? body.detail : "That cannot be: say a number.";
      said.classList.toggle("bad", !answer.ok);
      if (answer.ok) form.closest("details")?.removeAttribute("open");
    } catch (error) {
      words = "Airflow did not answer: nothing has been told.";
      said.classList.add("bad");
    }
    button.disabled = false;
    said.textContent = words;
    said.hidden = false;
    window.setTimeout(() => (said.hidden = true), 12000);
    await look();
  };

  part.addEventListener("submit", (event) => {
    event.preventDefault();
    tell(event.target, event.submitter);
  });
  const again = async () => {
    if (!document.hidden) await look();
    window.setTimeout(again, 2500);
  };
  window.setTimeout(again, 2500);
})();
