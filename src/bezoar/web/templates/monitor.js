"use strict";
// Asks for the monitor's standing every two seconds, and draws what it was since the page opened.
const WAIT_MS = 2000, KEPT = 150, WIDTH = 300, HEIGHT = 84, LOWEST = 0, SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en-US");
const past = new Map();
let token = "";

function trouble(text) {
  at("trouble").textContent = text;
  at("trouble").hidden = !text;
}

async function look() {
  const headers = token ? { Authorization: "Bearer " + token } : {};
  try {
    const answer = await fetch("/v1/status", { headers, cache: "no-store" });
    if (answer.status === 401) {
      token = "";
      trouble("The token is missing or wrong.");
      at("ask").hidden = false;
      return;
    }
    if (!answer.ok) throw new Error("the monitor answers with " + answer.status);
    show(await answer.json());
    trouble("");
  } catch (error) {
    trouble("No answer: " + error.message + ". What is shown is old.");
  }
  setTimeout(look, WAIT_MS);
}

function show(all) {
  at("model").textContent = all.model;
  at("answer").textContent = all.alarms ? "Yes: " + count(all.alarms) : "No";
  at("promise").textContent = "At most one false alarm per " + count(all.per_false_alarm) + " predictions, on average.";
  for (const name of ["predictions", "refused", "classes", "untold"]) at(name).textContent = count(all[name]);
  for (const one of all.shown) {
    const values = past.get(one.class) || [];
    values.push(Math.log10(Math.max(one.evidence, 1)));
    past.set(one.class, values.slice(-KEPT));
  }
  at("charts").replaceChildren(...all.shown.map((one) => chart(one, Math.log10(all.per_false_alarm))));
  const rest = all.classes + 1 - all.shown.length;
  at("more").textContent = rest > 0 ? "and " + count(rest) + " more with less evidence" : "";
  at("alarms").replaceChildren(...all.alerts.map(alarm));
  at("command").textContent = all.command;
  at("alerts").hidden = !all.alerts.length;
  at("all").hidden = at("by-class").hidden = false;
}

function text(kind, said, name) {
  const element = document.createElement(kind);
  element.textContent = said;
  if (name) element.className = name;
  return element;
}

function alarm(one) {
  const item = document.createElement("li"), head = document.createElement("h3");
  const class_ = one.class || "(unknown)";
  if (one.suspected) head.append(text("bdi", one.suspected), " → ");
  head.append(text("bdi", class_));
  item.append(head, text("p", one.sentence));
  const counts = one.suspected_observed.toLocaleString("en-US") + " seen, " + count(one.suspected_expected) + " expected";
  if (one.suspected) item.append(text("p", "Suspected: what is “" + one.suspected + "” is taken for “" + class_ + "” (" + counts + ").", "quiet"));
  if (one.inputs.length) item.append(text("p", "Inputs that were kept: " + one.inputs.join(", "), "inputs"));
  return item;
}

function chart(one, line) {
  const item = document.createElement("li");
  item.classList.toggle("alarmed", one.alarmed);
  const head = document.createElement("h3"), name = document.createElement("bdi"), state = document.createElement("span");
  name.textContent = one.class || "(unknown)";
  state.textContent = one.alarmed ? "▲ alert" : "● calm";
  state.className = "state";
  head.append(name, state);
  const text = document.createElement("p");
  text.textContent = count(one.observed) + " seen, " + count(one.expected) + " expected since it began";
  item.append(head, picture(past.get(one.class), line, name.textContent), text);
  return item;
}

function picture(values, line, name) {
  const svg = document.createElementNS(SVG, "svg");
  const highest = Math.max(line * 1.25, ...values);
  const y = (value) => (HEIGHT - 4 - ((HEIGHT - 8) * (value - LOWEST)) / (highest - LOWEST)).toFixed(1);
  svg.setAttribute("viewBox", "0 0 " + WIDTH + " " + HEIGHT);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", "Evidence for " + name + ": 10 to the " + values[values.length - 1].toFixed(1) + ", the line is at 10 to the " + line.toFixed(1));
  const limit = document.createElementNS(SVG, "line");
  const ends = { x1: 0, x2: WIDTH, y1: y(line), y2: y(line) };
  for (const [key, value] of Object.entries(ends)) limit.setAttribute(key, value);
  const curve = document.createElementNS(SVG, "polyline");
  const step = WIDTH / Math.max(values.length - 1, 1);
  const points = values.length > 1 ? values : [values[0], values[0]];
  curve.setAttribute("points", points.map((value, i) => (i * (values.length > 1 ? step : WIDTH)).toFixed(1) + "," + y(value)).join(" "));
  svg.append(limit, curve);
  return svg;
}

at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value.trim();
  at("ask").hidden = true;
  look();
});
if (document.querySelector("meta[name=bezoar-token]").content === "yes") at("ask").hidden = false;
else look();
