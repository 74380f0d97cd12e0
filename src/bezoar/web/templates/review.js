// The page and the offline sheet: shows a sample, takes an answer, goes on.
// Text from data reaches the page through textContent alone.
"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const OPINIONS = { ok: "OK", "wrong-label": "Wrong label", artefact: "Artefact", unsure: "Unsure" };
  const KEYS = { o: "ok", 1: "ok", w: "wrong-label", 2: "wrong-label", a: "artefact", 3: "artefact", u: "unsure", 4: "unsure" };
  const COARSE = 2; // from this scale on, a picture is shown with its pixels
  const MOST_ZOOM = 16;

  // Where answers go: a server that writes each to the disk, or this file's own memory.

  class Server {
    constructor() {
      this.token = document.querySelector("meta[name=bezoar-token]").content;
    }
    async ask(path, options = {}) {
      let answer;
      try {
        answer = await fetch(path, { credentials: "same-origin", ...options });
      } catch {
        throw new Error("The command in your terminal has ended. Every answer so far is saved; run it again to go on.");
      }
      const body = answer.headers.get("content-type") === "application/json" ? await answer.json() : {};
      if (!answer.ok) throw new Error(body.error || `The page was refused (${answer.status}). Run the command again.`);
      return body;
    }
    send(path, body) {
      const headers = { "Content-Type": "application/json", "X-Bezoar-Token": this.token };
      return this.ask(path, { method: "POST", headers, body: JSON.stringify(body) });
    }
    state() { return this.ask("/state"); }
    sample(number) { return this.ask(`/sample/${number}`); }
    answer(sample, opinion, note) { return this.send("/answer", { sample, opinion, note }); }
    async undo() { return (await this.send("/undo", {})).sample; }
    summary() { return this.ask("/summary"); }
    finish() { return this.send("/finish", {}); }
    get closing() { return "Record it and finish"; }
    get closed() { return "✓ Recorded in the ledger. The command in your terminal has ended; you can close this page."; }
  }

  class Sheet {
    constructor(data) {
      this.data = data;
      this.place = `bezoar ${data.review}`;
      this.history = [];
      try {
        this.history = JSON.parse(localStorage.getItem(this.place)) || [];
      } catch { /* this browser keeps nothing: the answers live until the page is closed */ }
      this.saved = true;
      window.addEventListener("beforeunload", (event) => { if (!this.saved) event.preventDefault(); });
    }
    keep() {
      try {
        localStorage.setItem(this.place, JSON.stringify(this.history));
        this.saved = true;
      } catch { this.saved = false; }
    }
    get answers() {
      const answers = this.data.cards.map(() => null);
      for (const [sample, opinion, note] of this.history) answers[sample] = { opinion, note };
      return answers;
    }
    async state() { return { ...this.data, answers: this.answers }; }
    async sample(number) {
      const card = this.data.cards[number];
      return { ...card, peers: card.peers.map((peer) => this.data.peers[peer]).filter(Boolean) };
    }
    async answer(sample, opinion, note) { this.history.push([sample, opinion, note]); this.keep(); }
    async undo() { const last = this.history.pop(); this.keep(); return last ? last[0] : null; }
    async summary() {
      const answers = this.answers, given = answers.filter(Boolean);
      const count = (opinion) => given.filter((one) => one.opinion === opinion).length;
      const marked = answers.map((one, number) => ({ ...one, number })).filter((one) => one.opinion && one.opinion !== "ok");
      return {
        statement: [
          "Download the answers and send them back to where this sheet was made.",
          "What they say about the whole is worked out there, by: bezoar review NAME --answers FILE",
        ],
        tally: {
          looked_at: given.length, bad: count("wrong-label") + count("artefact"), unsure: count("unsure"), ok: count("ok"),
          "wrong_label": count("wrong-label"), artefact: count("artefact"), planned: answers.length, samples: this.data.whole,
        },
        marked: marked.map((one) => ({ ...one, name: this.data.cards[one.number].name, label: this.data.cards[one.number].label })),
        marked_more: 0,
      };
    }
    async finish() {
      const { review, sampling, samples, seed } = this.data;
      const answers = this.answers.map((one, sample) => one && { sample, ...one }).filter(Boolean);
      const filled = { schema_version: 1, review, reviewer: find("who").value.trim(), sampling, samples, seed, answers };
      if (!filled.reviewer) { find("who").focus(); throw new Error("Your name is missing: the ledger says who looked."); }
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([JSON.stringify(filled, null, 1)], { type: "application/json" }));
      link.download = `answers-${review.split(":")[1].slice(0, 8)}.json`;
      link.click();
      this.saved = true;
      return this.summary();
    }
    get closing() { return "Download the answers"; }
    get closed() { return "✓ Downloaded as JSON. Until you close this page you can change answers and download again."; }
  }

  const sheet = find("data");
  const store = sheet ? new Sheet(JSON.parse(sheet.textContent)) : new Server();
  const cards = new Map();
  let answers = [], at = 0, card = null, note = "", busy = false, zoom = 1, ended = false;

  const frontier = () => { const n = answers.indexOf(null); return n < 0 ? answers.length : n; };
  const current = () => card;
  const inSummary = () => !find("summary").hidden;

  function element(name, text = "", kind = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }
  function say(id, text) { find(id).textContent = text; find(id).hidden = !text; }

  // One thing at a time, and what went wrong is said where it cannot be missed.
  async function only(work) {
    if (busy) return;
    busy = true;
    try { await work(); say("trouble", ""); } catch (error) { say("trouble", error.message); window.scrollTo(0, 0); }
    busy = false;
  }

  function fetched(number) {
    if (!cards.has(number)) {
      const coming = store.sample(number);
      coming.catch(() => cards.delete(number));
      cards.set(number, coming);
    }
    return cards.get(number);
  }

  async function picture(source, alt) {
    const image = new Image();
    image.alt = alt;
    image.src = source;
    try { await image.decode(); } catch { return element("p", "The picture cannot be shown.", "cannot"); }
    return image;
  }

  function rows(fields) {
    const list = element("dl", "", "row");
    for (const [name, value] of fields) {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", value));
      list.append(pair);
    }
    return list;
  }

  async function drawn(content, alt) {
    switch (content.kind) {
      case "picture": return picture(content.source, alt);
      case "text": return element("p", content.text + (content.more ? " … (it goes on)" : ""), "text");
      case "fields": return rows(content.fields);
      default: {
        const why = element("p", "", "cannot");
        why.append(element("strong", "It cannot be shown"), content.why);
        return why;
      }
    }
  }

  // As large as the stage, in whole pixels of the picture wherever it is enlarged.
  function fit() {
    const stage = find("stage"), image = stage.querySelector("img");
    stage.classList.toggle("fits", Boolean(image) && zoom === 1);
    if (!image) { find("size").textContent = ""; return; }
    const { width, height } = card.content;
    const room = Math.min(stage.clientWidth / image.naturalWidth, stage.clientHeight / image.naturalHeight);
    const scale = (room >= COARSE ? Math.floor(room) : room) * zoom;
    image.classList.toggle("coarse", scale >= COARSE);
    image.style.width = `${image.naturalWidth * scale}px`;
    image.style.height = `${image.naturalHeight * scale}px`;
    const shown = (scale * image.naturalWidth) / width;
    find("size").textContent = `${width} × ${height} pixels, ${shown >= 1 ? shown.toFixed(shown % 1 ? 1 : 0) : shown.toFixed(2)}×`;
    if (zoom > 1) stage.scrollTo((stage.scrollWidth - stage.clientWidth) / 2, (stage.scrollHeight - stage.clientHeight) / 2);
  }
  function setZoom(factor) { zoom = Math.min(MOST_ZOOM, Math.max(1, factor)); fit(); }

  function showAnswer() {
    const given = answers[at];
    for (const button of document.querySelectorAll("[data-opinion]")) {
      button.setAttribute("aria-pressed", String(Boolean(given) && given.opinion === button.dataset.opinion));
    }
    say("noted", note ? `Note: ${note}` : "");
    find("back").disabled = at === 0;
    find("undo").disabled = !answers.some(Boolean);
    const done = answers.filter(Boolean);
    const marked = done.filter((one) => one.opinion !== "ok").length;
    find("bar").max = answers.length;
    find("bar").value = done.length;
    find("count").textContent = `${at + 1} of ${answers.length}`;
    find("marked-count").textContent = marked ? ` · ${marked} marked` : "";
  }

  // Nobody has to wait for the others before answering.
  async function showPeers(card) {
    // The sample itself leads, as small as the others: side by side shows what does not belong.
    const list = find("peer-list"), isPicture = card.content.kind === "picture";
    const shown = card.peers.length && isPicture ? [card, ...card.peers] : card.peers;
    list.classList.add("stale");
    const nodes = await Promise.all(shown.map(async (peer) => {
      const node = await drawn(peer.content, peer.name);
      node.title = peer === card ? "This one" : peer.name;
      if (peer === card) node.classList.add("this");
      if (node.naturalWidth && node.naturalWidth <= 64) node.classList.add("coarse");
      return node;
    }));
    if (card !== current()) return;
    list.classList.remove("stale");
    list.classList.toggle("words", shown.some((peer) => peer.content.kind === "text" || peer.content.kind === "fields"));
    list.replaceChildren(...nodes);
    find("peers").hidden = !nodes.length;
    find("peers-title").textContent = isPicture ? `This one, and others labelled ${card.label}` : `Others labelled ${card.label}`;
  }

  async function go(number) {
    find("summary").hidden = true;
    const next = await fetched(number);
    const node = await drawn(next.content, `Sample ${number + 1}, labelled ${next.label}`);
    [card, at, zoom] = [next, number, 1];
    note = answers[at] ? answers[at].note : "";
    find("label").textContent = card.label;
    find("label").className = card.label.length > 60 ? "very-long" : card.label.length > 18 ? "long" : "";
    find("name").textContent = card.name;
    say("before", card.before);
    say("score", card.score === null ? "" : `Suspicion ${card.score}${card.flagged ? ", flagged" : ""}`);
    find("progress").hidden = find("sample").hidden = false;
    find("stage").replaceChildren(node);
    find("stage").scrollTo(0, 0);
    fit();
    showAnswer();
    find("announce").textContent = `Sample ${number + 1} of ${answers.length}, labelled ${card.label}`;
    showPeers(card);
    if (number + 1 < answers.length) {
      fetched(number + 1).then((coming) => { if (coming.content.source) new Image().src = coming.content.source; }, () => {});
    }
  }

  const answer = (opinion) => only(async () => {
    await store.answer(at, opinion, note);
    answers[at] = { opinion, note };
    if (at + 1 < answers.length) await go(at + 1); else await summarise();
  });
  const back = () => only(async () => {
    if (inSummary()) await go(Math.min(frontier(), answers.length - 1));
    else if (at > 0) await go(at - 1);
  });
  const forth = () => only(async () => {
    // Nobody goes past a sample without a word about it: what is left out says nothing.
    if (!inSummary() && answers[at]) { if (at + 1 < answers.length) await go(at + 1); else await summarise(); }
  });
  const undo = () => only(async () => {
    const number = await store.undo();
    if (number === null) return;
    answers = (await store.state()).answers;
    await go(number);
  });

  async function summarise() {
    const found = await store.summary();
    find("sample").hidden = find("progress").hidden = true;
    find("summary").hidden = false;
    showSummary(found);
    window.scrollTo(0, 0);
    find("finish").focus({ preventScroll: true });
  }

  function showSummary(found) {
    const { tally } = found, number = (count) => count.toLocaleString("en");
    find("short").textContent = `${number(tally.bad)} of ${number(tally.looked_at)}`;
    const [first, ...rest] = found.statement.map((sentence) => sentence.replaceAll(" %", "\u00a0%"));
    find("statement").textContent = first;
    find("fine-print").replaceChildren(...rest.map((sentence) => element("p", sentence)));
    const facts = [["OK", tally.ok], ["Wrong label", tally.wrong_label], ["Artefact", tally.artefact], ["Unsure", tally.unsure], ["Samples in all", tally.samples]];
    if (tally.planned > tally.looked_at) facts.push(["Not looked at yet", tally.planned - tally.looked_at]);
    find("facts").replaceChildren(...facts.map(([name, count]) => {
      const pair = element("div");
      pair.append(element("dt", name), element("dd", number(count)));
      return pair;
    }));
    find("finish-words").textContent = store.closing;
    find("finish").disabled = !tally.looked_at;
    find("closed").textContent = "";
    find("who-label").hidden = !sheet;
    find("marked-list").replaceChildren(...found.marked.map(markedItem));
    find("marked").hidden = !found.marked.length;
    find("marked-more").textContent = found.marked_more ? `and ${number(found.marked_more)} more` : "";
  }

  function markedItem(one) {
    const item = element("li"), button = element("button"), words = element("span");
    const thumb = element("span", OPINIONS[one.opinion], "thumb");
    button.type = "button";
    words.append(element("strong", OPINIONS[one.opinion]), element("br"), `labelled ${one.label}`);
    if (one.note) words.append(element("br"), `“${one.note}”`);
    words.append(element("br"), element("bdi", one.name, "name soft"));
    button.append(thumb, words);
    button.addEventListener("click", () => only(() => go(one.number)));
    item.append(button);
    fetched(one.number).then(async ({ content, label }) => {
      if (content.kind !== "picture") return;
      const image = await picture(content.source, `Picture labelled ${label}`);
      image.className = content.width <= 64 ? "thumb coarse" : "thumb";
      thumb.replaceWith(image);
    }, () => {});
    return item;
  }

  function showDisagreements(found) {
    const more = found.disagreements_more, people = [...new Set(found.disagreements.flatMap((one) => Object.keys(one.said)))];
    const head = element("tr");
    head.append(...["Sample", "Label", ...people].map((title) => element("th", title)));
    find("differ-head").replaceChildren(head);
    find("differ-list").replaceChildren(...found.disagreements.map((one) => {
      const row = element("tr");
      row.append(element("td", one.name, "name"), element("td", one.label), ...people.map((who) => element("td", OPINIONS[one.said[who]] || "–")));
      return row;
    }));
    find("differ").hidden = !found.disagreements.length;
    find("differ-more").textContent = more ? `and ${more} more` : "";
  }

  const finish = () => only(async () => {
    if (find("finish").disabled) return;
    const found = await store.finish();
    find("closed").textContent = store.closed;
    if (sheet) return;
    // From here on nobody answers: what is shown stays, and nothing more is asked for.
    ended = true;
    find("closing").hidden = true;
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    showDisagreements(found);
  });

  function openNote() {
    find("note-text").value = note;
    find("note-dialog").showModal();
    find("note-text").focus();
  }
  const keepNote = () => only(async () => {
    find("note-dialog").close();
    note = find("note-text").value.trim();
    if (answers[at]) {
      await store.answer(at, answers[at].opinion, note);
      answers[at] = { ...answers[at], note };
    }
    showAnswer();
  });

  function help() { find("help").open ? find("help").close() : find("help").showModal(); }

  document.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (find("note-dialog").open) {
      if (key === "Enter" && !event.shiftKey && event.target === find("note-text")) { event.preventDefault(); keepNote(); }
      return;
    }
    if (event.target instanceof HTMLInputElement) {
      if (key === "Enter") { event.preventDefault(); finish(); }
      return;
    }
    if (key === "?") { event.preventDefault(); help(); return; }
    if (find("help").open) return;
    const action = actions(key);
    if (!action) return;
    event.preventDefault();
    // A key that is held down must not answer a hundred samples.
    if (!event.repeat) action();
  });

  function actions(key) {
    if (ended) return null;
    // Enter on a button that has the focus presses that button.
    if (inSummary()) return { b: back, ArrowLeft: back, z: undo, Enter: document.activeElement instanceof HTMLButtonElement ? null : finish }[key] || null;
    if (find("sample").hidden) return null;
    if (KEYS[key]) return () => answer(KEYS[key]);
    return {
      n: openNote, b: back, ArrowLeft: back, Backspace: back, ArrowRight: forth, z: undo, f: () => only(summarise),
      "+": () => setZoom(zoom * 2), "=": () => setZoom(zoom * 2), "-": () => setZoom(zoom / 2), 0: () => setZoom(1),
    }[key] || null;
  }

  for (const button of document.querySelectorAll("[data-opinion]")) {
    button.addEventListener("click", () => answer(button.dataset.opinion));
  }
  for (const [id, action] of [
    ["note", openNote], ["back", back], ["undo", undo], ["end", () => only(summarise)], ["keys", help], ["finish", finish],
    ["again", back], ["note-save", keepNote], ["note-cancel", () => find("note-dialog").close()], ["help-close", help],
  ]) find(id).addEventListener("click", action);
  find("stage").addEventListener("dblclick", () => setZoom(zoom === 1 ? 4 : 1));
  window.addEventListener("resize", () => { if (card && !find("sample").hidden) fit(); });

  only(async () => {
    const state = await store.state();
    answers = state.answers;
    if (sheet) find("who").value = state.reviewer || "";
    if (!answers.length) throw new Error("There is nothing to look at.");
    if (frontier() < answers.length) await go(frontier()); else await summarise();
  });
})();
