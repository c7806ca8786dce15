"use strict";
// Keeps the page up to date and submits its forms in the background. The page also works without this script.
const live = document.getElementById("live");
const message = document.getElementById("message");
const lists = { tasks: ["task-list", "card-"], exchanges: ["exchange-list", "row-"] };
const ended = new Set(["completed", "failed", "cancelled"]);
// Attributes that the user controls; updates from the server do not change them.
const userControlled = { DETAILS: ["open"], VIDEO: ["preload"] };
let source;
let retry;
let hideTimer;

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "";
}

// Makes `old` equal to `fresh` with as few changes as possible, to preserve focus, playing videos and open details.
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  const kept = userControlled[old.nodeName] ?? [];
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !kept.includes(name)) {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !kept.includes(name)) {
      old.setAttribute(name, value);
    }
  }
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const match = findMatch(next, child);
    if (match) {
      while (next !== match) {
        const removed = next;
        next = next.nextSibling;
        removed.remove();
      }
      next = match.nextSibling;
      morph(match, child);
    } else {
      old.insertBefore(child, next);
    }
  }
  while (next) {
    const removed = next;
    next = next.nextSibling;
    removed.remove();
  }
}

// Returns the first node, from `next` on, that can be changed into `child`: one with the same name and key.
function findMatch(next, child) {
  const key = keyOf(child);
  for (let node = next; node; node = node.nextSibling) {
    if (node.nodeName === child.nodeName && keyOf(node) === key) {
      return node;
    }
    if (!key && child.nodeType !== Node.TEXT_NODE) {
      return null;
    }
  }
  return null;
}

function updateList([listId, prefix], { order, changed }) {
  const list = document.getElementById(listId);
  const wanted = new Set(order.map((key) => prefix + key));
  for (const item of [...list.children]) {
    if (!wanted.has(item.id)) {
      item.remove();
    }
  }
  let next = list.firstElementChild;
  for (const key of order) {
    const known = document.getElementById(prefix + key);
    const fresh = key in changed ? parse(changed[key]) : null;
    if (known && fresh) {
      updateItem(known, fresh);
    }
    const item = known ?? fresh;
    if (!item) {
      continue;
    }
    if (item === next) {
      next = next.nextElementSibling;
    } else {
      list.insertBefore(item, next);
    }
  }
}

function updateItem(known, fresh) {
  const hadFocus = known.contains(document.activeElement);
  const before = known.dataset.status;
  morph(known, fresh);
  if (hadFocus && !known.contains(document.activeElement)) {
    known.querySelector("summary").focus({ preventScroll: true });
  }
  if (before !== known.dataset.status && ended.has(known.dataset.status)) {
    showMessage(`${known.dataset.name}: ${known.dataset.status}`, true);
  }
}

// Loads the videos of open tasks only.
function loadVideos() {
  for (const video of document.querySelectorAll(".card > details[open] video[preload=none]")) {
    video.preload = "metadata";
  }
}

function showMessage(text, forScreenReaders = false) {
  message.textContent = text;
  message.classList.toggle("visually-hidden", forScreenReaders);
  clearTimeout(hideTimer);
  hideTimer = setTimeout(() => (message.textContent = ""), 8000);
}

function setLiveState(state, text) {
  if (live.dataset.state !== state) {
    live.dataset.state = state;
    live.firstElementChild.textContent = text;
  }
}

function listen() {
  source?.close();
  clearTimeout(retry);
  source = new EventSource("/_mock/events");
  source.onopen = () => setLiveState("on", "Live");
  source.onmessage = ({ data }) => {
    const changes = JSON.parse(data);
    if (changes.state) {
      morph(document.getElementById("state"), parse(changes.state));
    }
    for (const [name, list] of Object.entries(lists)) {
      if (changes[name]) {
        updateList(list, changes[name]);
      }
    }
    if (changes.tasks) {
      loadVideos();
      openTarget(false);
    }
  };
  source.onerror = () => {
    setLiveState("lost", "Disconnected");
    if (source.readyState === EventSource.CLOSED) {
      retry = setTimeout(listen, 2000);
    }
  };
}

const chooser = document.getElementById("chooser");
const forms = document.getElementById("forms");
let chosenModel = modelOf(chooser.querySelector("[aria-current]"));

function modelOf(link) {
  return new URL(link.href).searchParams.get("model");
}

function formOf(model) {
  return document.getElementById(`new-${model}`);
}

// Returns the form of a model, which stays in the page from then on, with what is typed into it.
async function loadForm(model) {
  if (!formOf(model)) {
    const response = await fetch(`/_mock/dashboard/form?model=${encodeURIComponent(model)}`);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(text.slice(0, 300));
    }
    if (!formOf(model)) {
      const section = parse(text);
      section.hidden = true;
      forms.append(section);
      section.querySelectorAll("[data-max]").forEach(count);
    }
  }
  return formOf(model);
}

// Shows the form of a model, and returns whether it is now the one that was chosen last.
async function showForm(model) {
  chosenModel = model;
  try {
    const form = await loadForm(model);
    if (chosenModel !== model) {
      return false;
    }
    for (const section of forms.children) {
      section.hidden = !section.contains(form);
    }
  } catch (error) {
    showMessage(error instanceof TypeError ? "The server did not respond." : error.message);
    return false;
  }
  for (const link of chooser.querySelectorAll("a")) {
    link.toggleAttribute("aria-current", false);
    if (modelOf(link) === model) {
      link.setAttribute("aria-current", "true");
    }
  }
  chooser.querySelector("summary b").textContent = model;
  history.replaceState(null, "", `/?model=${encodeURIComponent(model)}${location.hash}`);
  return true;
}

async function chooseForm(model) {
  if (await showForm(model)) {
    chooser.open = false;
    chooser.querySelector("summary").focus();
    showMessage(`The form of ${model} is shown.`, true);
  }
}

// Shows the form that the fragment of the URL names. The browser finds it as the target only once it is in the page.
async function showTarget(model, { hash }) {
  if (await showForm(model)) {
    location.replace(hash);
    formOf(model).scrollIntoView({ block: "start" });
    markView(`new-${model}`);
  }
}

let openedFragment = "";

// Opens the element that the fragment of the URL names, as soon as it exists.
function openTarget(hasNewFragment = true) {
  const fragment = decodeURIComponent(location.hash.slice(1));
  if (hasNewFragment) {
    openedFragment = "";
  }
  const link = hasNewFragment && [...chooser.querySelectorAll("a")].find(({ hash }) => hash === location.hash);
  if (link && modelOf(link) !== chosenModel) {
    showTarget(modelOf(link), link);
  }
  const target = fragment && fragment !== openedFragment && document.getElementById(fragment);
  const details = target && target.closest("details");
  if (details) {
    openedFragment = fragment;
    details.open = true;
    details.scrollIntoView({ block: "start" });
    details.querySelector("summary").focus({ preventScroll: true });
  }
  if (hasNewFragment) {
    markView(fragment);
  }
}

// Marks the link to the visible view. CSS alone decides which view is visible.
function markView(fragment) {
  const view = document.getElementById(fragment)?.closest("#requests, #new")?.id ?? "tasks";
  for (const link of document.querySelectorAll(".top nav a[href^='#']")) {
    link.toggleAttribute("aria-current", false);
    if (link.hash === `#${view}`) {
      link.setAttribute("aria-current", "true");
    }
  }
}

function count(field) {
  const output = field.closest(".field").querySelector(".count");
  const lines = "lines" in field.dataset;
  const value = lines ? field.value.split("\n").filter((text) => text.trim()) : [...field.value];
  const most = Number(field.dataset.max);
  output.textContent = `${value.length} of ${most}`;
  output.classList.toggle("over", value.length > most);
}

async function send(form, submitter) {
  const response = await fetch(form.action, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(new FormData(form, submitter)),
  });
  if (response.status === 204) {
    return {};
  }
  if (!response.headers.get("content-type")?.startsWith("application/json")) {
    return { error: (await response.text()).slice(0, 300) };
  }
  const body = await response.json();
  return response.ok ? body : { error: body.error.message };
}

async function submit(form, submitter) {
  try {
    const { error, html, task } = await send(form, submitter);
    form.closest("[popover]")?.hidePopover();
    if (error) {
      showMessage(error);
    } else if (form.dataset.message) {
      showMessage(form.dataset.message);
    }
    if (html) {
      form.querySelector(".response").replaceChildren(parse(html));
    }
    if (task) {
      location.hash = task;
      openTarget();
    }
  } catch {
    showMessage("The server did not respond.");
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-live]")) {
    return;
  }
  event.preventDefault();
  if (form.ariaBusy !== "true") {
    form.ariaBusy = "true";
    await submit(form, event.submitter);
    form.ariaBusy = null;
  }
});
chooser.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    chooseForm(modelOf(link));
  }
});
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-max]")) {
    count(target);
  }
});
document.addEventListener("toggle", loadVideos, true);
addEventListener("hashchange", () => openTarget());
addEventListener("popstate", () => openTarget()); // the way back to the form of another model is not a hashchange
// A hidden page keeps no connection to the server.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source.close();
    clearTimeout(retry);
  } else {
    listen();
  }
});
document.querySelectorAll("[data-max]").forEach(count);
loadVideos();
openTarget();
listen();
