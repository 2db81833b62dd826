"use strict";
(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const base = document.body.dataset.base;
  const remember = (name, value) => { try { localStorage.setItem(name, value); } catch { /* not kept */ } };
  const remembered = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
  document.documentElement.dataset.script = "on";

  // Dark and light
  $("#theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });

  // Keys
  const keys = $("#keys");
  const keysOn = $("#keys-on");
  if (keysOn) {
    keysOn.checked = remembered("keys") !== "off";
    keysOn.addEventListener("change", () => remember("keys", keysOn.checked ? "on" : "off"));
  }
  $("#help")?.addEventListener("click", () => keys.showModal());

  const current = () => $(".row.current") ?? document.activeElement?.closest?.(".row");
  const setCurrent = (row) => {
    all(".row.current").forEach((each) => { each.classList.remove("current"); $(".open", each)?.removeAttribute("aria-current"); });
    row?.classList.add("current");
    $(".open", row ?? document.createElement("i"))?.setAttribute("aria-current", "true");
  };
  const go = (step) => {
    const rows = all(".row");
    if (!rows.length) return;
    const at = rows.indexOf(current());
    const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
    setCurrent(next);
    $(".open", next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    // At the end the next page is fetched before it is scrolled to.
    if (rows.indexOf(next) > rows.length - 5) $(".rows .load button[hx-trigger]")?.click();
  };
  const press = (selector) => { const button = $(selector); if (button && !button.disabled) button.click(); return Boolean(button); };
  const back = () => {
    const editor = $("#editor");
    if (editor?.firstElementChild) { editor.replaceChildren(); $("#edit")?.focus(); return; }
    if ($("#selected:not([hidden])")) { deselect(); return; }
    const main = $("main.browse");
    if (main?.classList.contains("reading")) {
      const link = $(".back");
      main.classList.remove("reading");
      if (link) history.pushState(null, "", link.getAttribute("href"));
      if (isNarrow()) scrollTo(0, listScroll);
      const row = current() ?? $(".row");
      $(".open", row ?? document)?.focus();
    }
  };
  const actions = {
    "/": () => { const q = $("#q"); if (q) { q.focus(); q.select(); } else location.href = `${base}/`; },
    "?": () => keys.showModal(),
    j: () => go(1),
    k: () => { if (!press("#keep")) go(-1); },
    x: () => { const box = $("input[name=ids]", current() ?? document.createElement("i")); if (box) { box.checked = !box.checked; tally(); } },
    e: () => press("#edit"),
    a: () => press("#archive"),
    p: () => press("#pin"),
    u: () => press("#undo"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || keys?.open) return;
    const typing = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select");
    if (event.key === "Escape") {
      if (typing) { typing.closest("#editor") ? back() : typing.blur(); } else back();
      return;
    }
    if (event.key === "ArrowDown" && event.target.id === "q") { event.preventDefault(); setCurrent(null); go(1); return; }
    if (event.key === "Enter" && event.target.id === "q") {
      event.preventDefault();
      // What was typed a moment ago is still to be looked for.
      wantsFirst = true;
      if (searched === event.target.value.trim() && !$("#results.htmx-request")) openFirst();
      return;
    }
    if (typing || (keysOn && !keysOn.checked)) return;
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  // On a phone list and conversation take turns, and the window scrolls for both.
  const isNarrow = () => matchMedia("(max-width: 719px)").matches;
  let listScroll = 0;
  let wantsFirst = false;
  let searched = $("#q")?.value;
  const openFirst = () => {
    wantsFirst = false;
    const first = $(".row .open");
    if (first) { setCurrent(first.closest(".row")); first.click(); }
  };
  $("#q")?.addEventListener("input", () => { wantsFirst = false; });

  // What is read
  document.addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row && event.target.closest("a")) setCurrent(row);
    const chip = event.target.closest("[data-label]");
    if (chip) {
      const field = $("#label");
      field.value = field.value === chip.dataset.label ? "" : chip.dataset.label;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const suggested = event.target.closest("[data-suggested]");
    if (suggested) { $("#edit-label").value = suggested.dataset.suggested; $("#edit-label").focus(); }
    if (event.target.closest("#edit-cancel")) { $("#editor").replaceChildren(); $("#edit")?.focus(); }
    if (event.target.closest(".back") && $("main.browse") && $(".row")) { event.preventDefault(); back(); }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = $(copy.dataset.copy).textContent;
      navigator.clipboard.writeText(text).then(() => { copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy"; }, 2000); })
        .catch(() => { getSelection().selectAllChildren($(copy.dataset.copy)); });
    }
  });
  const arrived = () => {
    const reader = $("#reader");
    const article = $("#reader .conversation");
    if (!article) return;
    if (!$("main.browse").classList.contains("reading")) listScroll = scrollY;
    $("main.browse").classList.add("reading");
    const label = $("h1", article);
    document.title = `${label.textContent} · Memory`;
    setCurrent(document.getElementById(`row-${article.dataset.id}`));
    const wanted = $(".message.wanted", article);
    if (wanted) { wanted.scrollIntoView({ block: "center" }); } else { reader.scrollTop = 0; if (isNarrow()) scrollTo(0, 0); }
    return label;
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    const id = event.detail.target?.id;
    if (id === "reader") arrived()?.focus({ preventScroll: true });
    if (id === "results") { searched = $("#filters-of")?.dataset.q ?? ""; if (wantsFirst && searched === $("#q").value.trim()) openFirst(); const results = $("#results"); results.scrollTop = 0; const article = $("#reader .conversation"); if (article) setCurrent(document.getElementById(`row-${article.dataset.id}`)); }
    if (id === "editor") $("#edit-label")?.select();
    if (id === "status") toasted();
    tally();
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target?.id === "status") toasted(); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const detail = event.detail;
    if (detail.failed && !detail.xhr?.status) say("The page is no longer served: start sekha-memory browse again.", true);
    if (detail.successful && detail.elt?.matches?.(".editor")) $("#editor")?.replaceChildren();
  });
  document.body.addEventListener("gone", () => {
    // What was read may be gone: the next one takes its place.
    const article = $("#reader .conversation");
    deselect();
    setTimeout(() => {
      if (!article || document.getElementById(`row-${article.dataset.id}`)) return;
      $("#reader").replaceChildren();
      $("main.browse")?.classList.remove("reading");
      history.replaceState(null, "", `${base}/`);
      $(".row .open")?.focus();
    }, 30);
  });
  if ($("#filters") && matchMedia("(max-width: 1099px)").matches) $("#filters").open = false;
  arrived();
  all(".latest").forEach((each) => { each.scrollLeft = each.scrollWidth; });

  // What was done
  let fading = 0;
  const toasted = () => {
    clearTimeout(fading);
    fading = setTimeout(() => { if (!$("#status:hover, #status:focus-within")) $("#status")?.replaceChildren(); }, 20000);
  };
  const say = (words, bad = false) => {
    const toast = document.createElement("div");
    toast.className = bad ? "toast bad" : "toast";
    toast.textContent = words;
    $("#status")?.replaceChildren(toast);
    toasted();
  };

  // Selecting
  const selected = $("#selected");
  const tally = () => {
    if (!selected) return;
    const every = $("#all")?.checked;
    const boxes = all("input[name=ids]:checked");
    selected.hidden = !(every || boxes.length);
    $("#selected-count").textContent = every ? $("#total").textContent.trim() : boxes.length;
    document.body.classList.toggle("selecting", !selected.hidden);
  };
  const deselect = () => {
    all("input[name=ids]:checked, #all:checked").forEach((box) => { box.checked = false; });
    tally();
  };
  let last = null;
  document.addEventListener("click", (event) => {
    const box = event.target.closest("input[name=ids]");
    if (!box) return;
    const boxes = all("input[name=ids]");
    if (event.shiftKey && last && boxes.includes(last)) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((each) => { each.checked = box.checked; });
    }
    last = box;
    tally();
  });
  $("#results")?.addEventListener("change", (event) => { if (event.target.id === "all") tally(); });
  $("#deselect")?.addEventListener("click", deselect);
  selected?.addEventListener("click", (event) => {
    const action = event.target.closest("[data-act]")?.dataset.act;
    if (!action) return;
    const text = $("#bulk-text");
    const many = $("#selected-count").textContent;
    if ((action === "label" || action === "move") && !text.value.trim()) { text.focus(); return; }
    if (action === "delete" && !confirm(`Delete ${many}? Undo stores up to 500 anew, under new ids, as long as this page is served.`)) return;
    if ($("#all")?.checked && action !== "delete" && !confirm(`${event.target.textContent} ${many}?`)) return;
    const values = { action };
    if (action === "label") values.label = text.value;
    if (action === "move") values.folder = text.value;
    htmx.ajax("POST", `${base}/act`, { source: selected, target: "#status", swap: "innerHTML", values }).then(deselect);
    text.value = "";
  });

  // Dropping a file
  const drop = $("#drop");
  const send = (file) => {
    const bar = $("#sent");
    const request = new XMLHttpRequest();
    const times = $("#times")?.checked ? "&times=1" : "";
    request.open("POST", `${base}/import?name=${encodeURIComponent(file.name)}${times}`);
    request.setRequestHeader("HX-Request", "true");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; };
    request.onload = () => {
      bar.hidden = true;
      if (request.status === 201) {
        $("#jobs").insertAdjacentHTML("afterbegin", request.responseText);
        htmx.process($("#jobs"));
      } else {
        $("#status").innerHTML = request.responseText;
      }
    };
    request.onerror = () => { bar.hidden = true; say("The file could not be sent.", true); };
    bar.value = 0;
    bar.hidden = false;
    request.send(file);
  };
  if (drop) {
    document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    document.addEventListener("dragleave", () => drop.classList.remove("over"));
    document.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      [...event.dataTransfer.files].forEach(send);
    });
    $("#file").addEventListener("change", (event) => { [...event.target.files].forEach(send); event.target.value = ""; });
  }
})();
