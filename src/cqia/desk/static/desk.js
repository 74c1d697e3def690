// The desk in the browser: formulas, keys, drafts that outlive the network, and saying plainly what is not saved.
// Nothing here decides anything; every button works without it.
"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = document.body.dataset;
  const shown = (element) => element.getClientRects().length > 0;

  // ---- formulas ---------------------------------------------------------------------------------------------------
  const FORMULA_CHARS = 4000;
  const FORMULAS_MS = 3000; // a page of hostile formulas costs its reader no more than this
  function formulas(root) {
    const until = performance.now() + FORMULAS_MS;
    for (const element of all(".math:not([data-source])", root)) {
      const source = element.textContent;
      if (source.length > FORMULA_CHARS || performance.now() > until) continue;
      element.dataset.source = source;
      try {
        katex.render(source, element, {
          displayMode: element.tagName === "DIV", throwOnError: true, trust: false, strict: "ignore",
          maxSize: 20, maxExpand: 200,
        });
      } catch (error) {
        element.textContent = source;
        element.classList.add("broken");
        element.title = String(error.message || error).slice(0, 200);
      }
    }
  }

  // ---- what is saved and what is not ------------------------------------------------------------------------------
  function state(text, bad = false) {
    const line = one("#state");
    if (!line) return;
    line.textContent = text;
    line.classList.toggle("bad", bad);
  }
  function unsaved(text) {
    const bar = one("#unsaved");
    one("span", bar).textContent = text;
    bar.hidden = false;
  }
  const told = (text) => (/没有保存|not saved|nothing was saved/i.test(text) ? "" : words.notSaved) + text.slice(0, 300);
  const saved = () => { one("#unsaved").hidden = true; };
  one("#unsaved button").addEventListener("click", saved);

  // ---- drafts: kept here at once, at the server a moment later, and again when the network is back ----------------
  const PREFIX = "cqia:draft:";
  const PAUSE = 800, AGAIN = 3000, PATIENCE = 10000; // ms: after the last key, between attempts, for an answer
  const ON_ITS_WAY = 30000; // ms that a page may be; what was sent before that came with it, or was decided since
  let timer = 0;
  let flight = new AbortController(); // of the draft under way
  let revision = 0; // counts up, over reloads too: an older draft that arrives late changes nothing
  const form = () => one("form[data-draft]");
  const place = (of) => `${PREFIX}${words.reviewer}:${of.dataset.draft}`;
  function fields(of) {
    return [...new FormData(of)].filter(([name, value]) => !["csrf", "key"].includes(name) && typeof value === "string");
  }
  function keep(of, sent) { // sent: the revision under which the server has it, or false
    try {
      localStorage.setItem(place(of), JSON.stringify({ fields: fields(of), editing: of.classList.contains("editing"), sent }));
    } catch { state(words.notHere, true); }
  }
  function restore(of) {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(place(of))); } catch { return; }
    if (!kept || !Array.isArray(kept.fields)) return;
    // What the server has came with the page, unless it reached the server while the page was on its way.
    if (kept.sent && (kept.sent <= Number(of.dataset.revision) || Date.now() - kept.sent > ON_ITS_WAY)) return;
    if (kept.editing) edit(of, false);
    for (const box of all("input[type=checkbox]", of)) box.checked = false;
    for (const [name, value] of kept.fields) {
      for (const field of all("[name]", of).filter((each) => each.name === name)) {
        if (field.type === "radio" || field.type === "checkbox") { if (field.value === value) field.checked = true; }
        else if (field.type !== "hidden" || name === "suggestion") field.value = value;
      }
    }
    if (kept.editing) htmx.trigger(one("#check"), "typed");
    if (all("[name=reason]:checked", of).length) one("#reasons", of).open = true;
    state(words.restored);
    send(of);
  }
  async function send(of) {
    clearTimeout(timer);
    if (of !== form()) return;
    const body = new URLSearchParams(fields(of));
    const counted = revision = Math.max(Date.now(), revision + 1);
    body.set("revision", counted);
    const before = JSON.stringify(fields(of));
    if (of.classList.contains("editing")) body.set("editing", "1");
    flight.abort();
    const mine = flight = new AbortController();
    const late = setTimeout(() => mine.abort("late"), PATIENCE);
    try {
      const answer = await fetch(of.dataset.draftTo, {
        method: "POST", body, headers: { "X-CSRF-Token": words.csrf }, signal: mine.signal,
      });
      if (of !== form()) return;
      if (!answer.ok) {
        state(told(await answer.text()), true);
        if (answer.status < 500) return; // trying again would not help
        throw new Error();
      }
      if (before === JSON.stringify(fields(of))) { keep(of, counted); state(words.draftSaved); return true; }
    } catch {
      if (of !== form() || (mine.signal.aborted && mine.signal.reason !== "late")) return;
      state(words.draftHere, true);
      timer = setTimeout(() => send(of), AGAIN);
    } finally {
      clearTimeout(late);
    }
  }
  document.addEventListener("input", (event) => {
    const of = event.target.closest("form[data-draft]");
    if (!of || event.target.dataset.check) return;
    if (event.target.name.startsWith("new_")) htmx.trigger(one("#check"), "typed");
    keep(of, false);
    state(words.typing);
    clearTimeout(timer);
    timer = setTimeout(() => send(of), PAUSE);
  });
  addEventListener("online", () => { if (form() && one("#state.bad")) send(form()); });
  addEventListener("beforeunload", (event) => {
    const of = form();
    let kept = null;
    try { kept = of && JSON.parse(localStorage.getItem(place(of))); } catch { /* no storage */ }
    if (kept && kept.sent === false) event.preventDefault();
  });
  document.addEventListener("submit", (event) => { // who logs out leaves nothing on this machine
    if (!event.target.matches("form[data-forget]")) return;
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
  });

  document.addEventListener("submit", (event) => { // a model is asked once, however often the button is pressed
    if (!event.target.matches("form[data-once]")) return;
    event.target.classList.add("waiting");
    setTimeout(() => { for (const button of all("button", event.target)) button.disabled = true; });
  });
  addEventListener("pageshow", () => { // back from the page that came
    for (const of of all("form[data-once].waiting")) {
      of.classList.remove("waiting");
      for (const button of all("button", of)) button.disabled = false;
    }
  });

  // ---- editing ----------------------------------------------------------------------------------------------------
  function edit(of, focus = true) {
    of.classList.add("editing");
    for (const field of all("textarea[name^=new_]", of)) field.disabled = false;
    for (const part of all("[data-when]", of)) part.hidden = part.dataset.when !== "editing";
    const field = one("textarea[name=new_output]", of);
    if (focus && field) { field.focus({ preventScroll: false }); field.setSelectionRange(0, 0); }
  }
  async function leave(of) {
    of.classList.remove("editing");
    for (const part of all("[data-when]", of)) part.hidden = part.dataset.when === "editing";
    for (const field of all("textarea[name^=new_]", of)) { field.value = field.defaultValue; field.disabled = true; }
    keep(of, false);
    if (await send(of) && "resumed" in of.dataset) location.reload(); // the page came with the edit: fetch the original
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button) return;
    const of = button.closest("form") || form();
    if (button.dataset.do === "edit") edit(of);
    if (button.dataset.do === "leave") leave(of);
    if (button.dataset.do === "raw") {
      const raw = of.classList.toggle("raw");
      button.setAttribute("aria-pressed", raw);
      for (const part of all("[data-raw]", of)) part.hidden = (part.dataset.raw === "yes") !== raw;
    }
    if (button.dataset.do === "suggestion") {
      edit(of, false);
      for (const text of all("[data-suggested]", of)) {
        const field = one(`[name=new_${text.dataset.suggested}]`, of);
        field.value = text.dataset.text;
      }
      one("[name=suggestion]", of).value = "taken";
      const field = one("textarea[name=new_output]", of);
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (button.dataset.do === "version") {
      edit(of);
      for (const text of all(`[data-version="${button.dataset.key}"]`, of)) one(`[name=new_${text.dataset.field}]`, of).value = text.value;
      one("textarea[name=new_output]", of).dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (button.dataset.do === "help") one("#help").showModal();
    if (button.dataset.do === "close") button.closest("dialog").close();
  });
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-check=all]")) return;
    for (const box of all(`input[name="${event.target.dataset.of}"]`)) box.checked = event.target.checked;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-needs]");
    const field = button && one(`[name="${button.dataset.needs}"]`, button.form);
    if (!field || field.value.trim()) return;
    event.preventDefault();
    event.stopPropagation();
    field.focus();
    state(words.noteWanted, true);
  }, true);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-confirm]");
    if (button && !confirm(button.dataset.confirm)) event.preventDefault();
  }, true);

  // ---- keys -------------------------------------------------------------------------------------------------------
  const rows = () => all("tr[data-criterion]").filter(shown);
  function here(to) {
    const list = rows();
    if (!list.length) return;
    const at = Math.max(0, Math.min(list.length - 1, to));
    list.forEach((row, number) => row.classList.toggle("here", number === at));
  }
  const now = () => Math.max(0, rows().findIndex((row) => row.classList.contains("here")));
  function typing(element) {
    return element.matches("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
  }
  const press = (key) => {
    const button = all(`[data-key="${key}"]`).find((each) => shown(each) && !each.disabled);
    if (button) button.click();
    return Boolean(button);
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || one("dialog[open]")) return;
    if (event.repeat && !typing(event.target)) { event.preventDefault(); return; } // a key held down decides once
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter" && press("save")) event.preventDefault();
      return;
    }
    if (typing(event.target)) return;
    if (event.key === "?") { one("#help").showModal(); event.preventDefault(); return; }
    const reasons = one("#reasons[open]");
    if (/^[0-9]$/.test(event.key) && reasons && shown(reasons)) {
      const box = all("[name=reason]", reasons)[(Number(event.key) + 9) % 10];
      if (box) { box.click(); event.preventDefault(); }
      return;
    }
    if (event.key === "Enter" && reasons && shown(reasons) && !event.target.closest("button, a")) {
      if (press("refuse")) event.preventDefault();
      return;
    }
    if (/^[0-9]$/.test(event.key) && rows().length) {
      const box = one(`input[value="${event.key}"], input[data-digit="${event.key}"]`, rows()[now()]);
      if (box) { box.click(); here(now() + 1); event.preventDefault(); }
      return;
    }
    if (["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) && rows().length && (event.key.length === 1 || event.target.type === "radio")) {
      here(now() + (["j", "ArrowDown"].includes(event.key) ? 1 : -1));
      event.preventDefault();
      return;
    }
    if (event.key === "r" && one("#reasons") && shown(one("#reasons"))) {
      const part = one("#reasons");
      part.open = !part.open;
      if (part.open) one("summary", part).focus();
      event.preventDefault();
      return;
    }
    if (event.key.length === 1 && press(event.key)) event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-criterion]");
    if (row) here(rows().indexOf(row));
  });

  // ---- requests ---------------------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => { event.detail.headers["X-CSRF-Token"] = words.csrf; });
  document.addEventListener("htmx:beforeRequest", (event) => { // the decision has all that the draft would
    if (!event.detail.elt.matches("form[data-draft]")) return;
    clearTimeout(timer);
    flight.abort();
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt.matches("form[data-draft]")) send(event.detail.elt);
    unsaved(told(event.detail.xhr.responseText));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.elt.matches("form[data-draft]")) { keep(event.detail.elt, false); unsaved(words.offline); send(event.detail.elt); }
    });
  }
  document.addEventListener("htmx:beforeSwap", (event) => {
    const of = event.detail.requestConfig.elt;
    if (!event.detail.shouldSwap || !of.matches("form[data-draft]")) return;
    clearTimeout(timer);
    try { localStorage.removeItem(place(of)); } catch { /* no storage */ }
    saved();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    prepare(event.detail.target.isConnected ? event.detail.target : document);
    if (event.detail.requestConfig.elt.matches("form[data-draft]")) {
      scrollTo(0, 0);
      one("#desk [tabindex='-1']")?.focus({ preventScroll: true });
    }
  });

  document.addEventListener("htmx:afterSettle", (event) => { // what was typed before this, htmx has not heard
    if (!event.detail.requestConfig.elt.matches("form[data-draft]")) return;
    if (form()?.classList.contains("editing")) htmx.trigger(one("#check"), "typed");
  });

  function prepare(root) {
    formulas(root);
    here(0);
    const of = form();
    if (of && !of.dataset.ready) { of.dataset.ready = "1"; restore(of); }
  }
  prepare(document);
})();
