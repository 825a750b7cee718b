"use strict";
// Everything is made with textContent: what a page says can never become markup.
const { record, looks, pictures } = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
const entities = record.entities || [];
const relations = record.relations || [];
const percent = (share) => `${(share * 100).toFixed(share > 0.9995 ? 0 : 1)} %`;
const valueOf = (entity) => {
  const value = entity.value;
  if (!value) return "";
  return value.amount !== undefined ? [value.amount, value.currency].filter(Boolean).join(" ") : value.date || value.text || "";
};
const lookOf = (element, label) => {
  const look = looks[label];
  element.style.setProperty("--look", look.color);
  element.style.setProperty("--line", look.style);
  element.style.setProperty("--label-ink", look.ink);
  return look;
};

const boxes = new Map();
const rows = new Map();
const drawings = new Map();
const shown = new Set(entities.map((entity) => entity.label));
let chosen = null;

function showHead() {
  at("name").textContent = record.input;
  const about = [];
  if (record.pages) about.push(`${record.pages.length} page${record.pages.length === 1 ? "" : "s"}`);
  if (record.model) about.push(`model ${record.model.name} ${record.model.revision}`);
  if (record.ocr) about.push(`words from ${record.ocr.engine} ${record.ocr.lang}`);
  at("about").textContent = about.join(" · ");
  if (record.error) {
    const { page, stage, message, hint } = record.error;
    at("error").textContent = `${page ? `Page ${page}, ` : ""}${stage}: ${message}${hint ? `. ${hint}` : ""}`;
    at("error").hidden = false;
  }
}

function showPages() {
  for (const page of record.pages || []) {
    const figure = make("div", undefined, at("pages"));
    figure.className = "page";
    const image = make("img", undefined, figure);
    image.alt = `Page ${page.page}`;
    image.width = page.width;
    image.height = page.height;
    if (pictures[page.page]) image.src = `data:image/jpeg;base64,${pictures[page.page]}`;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${page.width} ${page.height}`);
    drawing.setAttribute("preserveAspectRatio", "none");
    figure.append(drawing);
    drawings.set(page.page, drawing);
    for (const entity of entities.filter((entity) => entity.page === page.page)) {
      figure.append(boxOf(entity, page));
    }
  }
}

function boxOf(entity, page) {
  const box = make("button");
  box.type = "button";
  box.className = "box";
  box.style.borderStyle = lookOf(box, entity.label).style;
  const [x0, y0, x1, y1] = entity.bbox;
  box.style.left = `${(x0 / page.width) * 100}%`;
  box.style.top = `${(y0 / page.height) * 100}%`;
  box.style.width = `${((x1 - x0) / page.width) * 100}%`;
  box.style.height = `${((y1 - y0) / page.height) * 100}%`;
  box.setAttribute("aria-label", `${entity.label}: ${entity.text}`);
  box.addEventListener("pointerenter", (event) => showTip(entity, event.clientX, event.clientY));
  box.addEventListener("pointermove", (event) => showTip(entity, event.clientX, event.clientY));
  box.addEventListener("pointerleave", hideTip);
  box.addEventListener("focus", () => {
    const place = box.getBoundingClientRect();
    showTip(entity, place.left, place.bottom);
  });
  box.addEventListener("blur", hideTip);
  box.addEventListener("click", () => choose(entity, rows.get(entity.id)));
  boxes.set(entity.id, box);
  return box;
}

function showTip(entity, x, y) {
  const tip = at("tip");
  tip.replaceChildren();
  make("b", entity.label, tip);
  make("div", entity.text, tip);
  const value = valueOf(entity);
  if (value && value !== entity.text) make("div", `= ${value}`, tip);
  make("small", `model ${percent(entity.score)} · OCR ${percent(entity.ocr_confidence)}`, tip);
  tip.hidden = false;
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 10) : y + 18}px`;
}

function hideTip() {
  at("tip").hidden = true;
}

// Choosing an entity shows it in both places, and the entities that it is linked with.
function choose(entity, scrollTo) {
  chosen = chosen === entity.id ? null : entity.id;
  for (const drawing of drawings.values()) drawing.replaceChildren();
  for (const [id, box] of boxes) box.classList.toggle("chosen", id === chosen);
  for (const [id, row] of rows) row.classList.toggle("chosen", id === chosen);
  for (const box of boxes.values()) box.classList.remove("linked");
  if (chosen === null) return;
  for (const { head, tail } of relations) {
    if (head !== chosen && tail !== chosen) continue;
    boxes.get(head === chosen ? tail : head)?.classList.add("linked");
    connect(entities[head], entities[tail]);
  }
  scrollTo?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function connect(head, tail) {
  if (!head || !tail || head.page !== tail.page) return;
  const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
  const middle = ([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2];
  const [[x1, y1], [x2, y2]] = [middle(head.bbox), middle(tail.bbox)];
  Object.entries({ x1, y1, x2, y2 }).forEach(([name, value]) => line.setAttribute(name, value));
  drawings.get(head.page)?.append(line);
}

function showFields() {
  const fields = Object.entries(record.fields || {});
  const list = at("fields").querySelector("dl");
  for (const [label, value] of fields.filter(([, value]) => typeof value === "string")) {
    make("dt", label, list);
    make("dd", value, list);
    at("fields").hidden = false;
  }
  const items = (record.fields || {}).items;
  if (!Array.isArray(items) || items.length === 0) return;
  const columns = [...new Set(items.flatMap(Object.keys))];
  const table = at("items").querySelector("table");
  const head = make("tr", undefined, make("thead", undefined, table));
  columns.forEach((column) => make("th", column, head));
  const body = make("tbody", undefined, table);
  for (const item of items) {
    const row = make("tr", undefined, body);
    columns.forEach((column) => make("td", item[column] ?? "", row));
  }
  at("items").hidden = false;
}

function showList() {
  const counts = new Map();
  for (const entity of entities) counts.set(entity.label, (counts.get(entity.label) || 0) + 1);
  for (const [label, count] of counts) {
    const button = make("button", `${label} ${count}`, at("labels"));
    button.type = "button";
    lookOf(button, label);
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      if (!shown.delete(label)) shown.add(label);
      button.setAttribute("aria-pressed", String(shown.has(label)));
      filter();
    });
  }
  for (const entity of entities) {
    const row = make("button", entity.text, make("li", undefined, at("list")));
    row.type = "button";
    lookOf(row, entity.label);
    const page = (record.pages || []).length > 1 ? ` · page ${entity.page}` : "";
    make("small", `${entity.label} · ${percent(entity.score)}${page}`, row);
    row.addEventListener("click", () => choose(entity, boxes.get(entity.id)));
    rows.set(entity.id, row);
  }
  at("search").addEventListener("input", filter);
  filter();
}

function filter() {
  const wanted = at("search").value.trim().toLowerCase();
  let count = 0;
  for (const entity of entities) {
    const text = `${entity.text} ${entity.label} ${valueOf(entity)}`.toLowerCase();
    const visible = shown.has(entity.label) && text.includes(wanted);
    count += visible;
    rows.get(entity.id).parentElement.hidden = !visible;
    const box = boxes.get(entity.id);
    if (box) box.hidden = !visible;
  }
  at("count").textContent = `${count} of ${entities.length} shown`;
}

showHead();
showPages();
showFields();
showList();
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen !== null) choose({ id: chosen });
  if (event.key === "/" && document.activeElement !== at("search")) {
    event.preventDefault();
    at("search").focus();
  }
});
