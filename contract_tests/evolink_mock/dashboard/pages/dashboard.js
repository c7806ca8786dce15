"use strict";
// Keeps the page up to date, and sends its forms without leaving it. The page works without this file, too.
const live = document.getElementById("live");
const say = document.getElementById("say");
const lists = { tasks: ["task-list", "card-"], exchanges: ["exchange-list", "row-"] };
const ended = new Set(["completed", "failed", "cancelled"]);
// What belongs to whoever looks at the page: it stays as it is, whatever the server sends.
const own = { DETAILS: ["open"], VIDEO: ["preload"] };
let source;
let retry;
let silence;

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function keyOf(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset.key || "" : "";
}

// Makes `old` equal to `fresh` with as few changes as possible, so that focus, playing videos and what is open stay.
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) {
      old.data = fresh.data;
    }
    return;
  }
  const kept = own[old.nodeName] ?? [];
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
    const match = matching(next, child);
    if (match) {
      while (next !== match) {
        const gone = next;
        next = next.nextSibling;
        gone.remove();
      }
      next = match.nextSibling;
      morph(match, child);
    } else {
      old.insertBefore(child, next);
    }
  }
  while (next) {
    const gone = next;
    next = next.nextSibling;
    gone.remove();
  }
}

// Returns the first node from `next` on that can become `child`; a node with a key only becomes one with the same key.
function matching(next, child) {
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

function update([listId, prefix], { order, changed }) {
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
    const fresh = key in changed ? parsed(changed[key]) : null;
    if (known && fresh) {
      renew(known, fresh);
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

function renew(known, fresh) {
  const had = known.contains(document.activeElement);
  const before = known.dataset.status;
  morph(known, fresh);
  if (had && !known.contains(document.activeElement)) {
    known.querySelector("summary").focus({ preventScroll: true });
  }
  if (before !== known.dataset.status && ended.has(known.dataset.status)) {
    tell(`${known.dataset.name}: ${known.dataset.status}`, true);
  }
}

// A video is fetched when its task is open, and not before.
function showVideos() {
  for (const video of document.querySelectorAll(".card > details[open] video[preload=none]")) {
    video.preload = "metadata";
  }
}

function tell(text, quietly = false) {
  say.textContent = text;
  say.classList.toggle("unseen", quietly);
  clearTimeout(silence);
  silence = setTimeout(() => (say.textContent = ""), 8000);
}

function mood(state, text) {
  if (live.dataset.mood !== state) {
    live.dataset.mood = state;
    live.firstElementChild.textContent = text;
  }
}

function listen() {
  source?.close();
  clearTimeout(retry);
  source = new EventSource("/_mock/events");
  source.onopen = () => mood("on", "Live");
  source.onmessage = ({ data }) => {
    const news = JSON.parse(data);
    if (news.state) {
      morph(document.getElementById("state"), parsed(news.state));
    }
    for (const [name, list] of Object.entries(lists)) {
      if (news[name]) {
        update(list, news[name]);
      }
    }
    if (news.tasks) {
      showVideos();
      follow(false);
    }
  };
  source.onerror = () => {
    mood("lost", "Server gone");
    if (source.readyState === EventSource.CLOSED) {
      retry = setTimeout(listen, 2000);
    }
  };
}

let followed = "";

// Opens what the fragment leads to, once it is there.
function follow(anew = true) {
  const fragment = decodeURIComponent(location.hash.slice(1));
  if (anew) {
    followed = "";
  }
  const target = fragment && fragment !== followed && document.getElementById(fragment);
  const details = target && target.closest("details");
  if (details) {
    followed = fragment;
    details.open = true;
    details.scrollIntoView({ block: "start" });
    details.querySelector("summary").focus({ preventScroll: true });
  }
  if (anew) {
    choose(fragment);
  }
}

// Says which of the views is shown, which CSS alone decides.
function choose(fragment) {
  const inside = document.getElementById(fragment)?.closest("#requests, #new")?.id ?? "tasks";
  for (const link of document.querySelectorAll(".top nav a[href^='#']")) {
    link.toggleAttribute("aria-current", false);
    if (link.hash === `#${inside}`) {
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
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { accept: "application/json" },
    body: new URLSearchParams(new FormData(form, submitter)),
  });
  if (answer.status === 204) {
    return {};
  }
  if (!answer.headers.get("content-type")?.startsWith("application/json")) {
    return { refused: (await answer.text()).slice(0, 300) };
  }
  return answer.json();
}

async function submit(form, submitter) {
  try {
    const { refused, html, task } = await send(form, submitter);
    form.closest("[popover]")?.hidePopover();
    if (refused) {
      tell(refused);
    } else if (form.dataset.say) {
      tell(form.dataset.say);
    }
    if (html) {
      form.querySelector(".answer").replaceChildren(parsed(html));
    }
    if (task) {
      location.hash = task;
      follow();
    }
  } catch {
    tell("The server did not answer.");
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
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-max]")) {
    count(target);
  }
});
document.addEventListener("toggle", showVideos, true);
addEventListener("hashchange", () => follow());
// A page that nobody sees costs the server nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    source.close();
    clearTimeout(retry);
  } else {
    listen();
  }
});
document.querySelectorAll("[data-max]").forEach(count);
showVideos();
follow();
listen();
