"use strict";
// Searches a list of models, and moves in it by the arrow keys. The list also works without this script.
const search = document.getElementById("find");
const found = document.getElementById("found");
const box = search.closest(".chooser");
const links = [...box.querySelectorAll(".models a")];

function shownLinks() {
  return links.filter((link) => !link.parentElement.hidden);
}

// Only one link is reached by the Tab key: the current one if it is shown, else the first.
function setTabStop(stop) {
  for (const link of links) {
    link.tabIndex = link === stop ? 0 : -1;
  }
}

function filterModels() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const link of links) {
    const family = link.closest("section").firstElementChild.textContent;
    const text = `${family} ${link.textContent}`.toLowerCase();
    link.parentElement.hidden = !words.every((word) => text.includes(word));
  }
  for (const section of box.querySelectorAll("section")) {
    section.hidden = !section.querySelector("li:not([hidden])");
  }
  const shown = shownLinks();
  const all = `${links.length} model${links.length === 1 ? "" : "s"}`;
  found.textContent = words.length ? `${shown.length} of ${all}` : all;
  setTabStop(shown.find((link) => link.hasAttribute("aria-current")) ?? shown[0]);
}

function close() {
  if (search.value) {
    search.value = "";
    filterModels();
    search.focus();
  } else if (box.open) {
    box.open = false;
    box.querySelector("summary").focus();
  }
}

// Returns the element that gets the focus by a key; undefined if the key does not move it.
function nextFocus(key) {
  const shown = shownLinks();
  const place = shown.indexOf(document.activeElement);
  if (place < 0) {
    return key === "ArrowDown" && document.activeElement === search ? shown.find((link) => link.tabIndex === 0) : undefined;
  }
  const moves = { ArrowDown: shown[place + 1], ArrowUp: shown[place - 1] ?? search, Home: shown[0], End: shown.at(-1) };
  return moves[key];
}

box.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  const next = nextFocus(event.key);
  if (next) {
    event.preventDefault();
    next.focus();
    setTabStop(next === search ? shownLinks()[0] : next);
  } else if (event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (event.key === "Enter" && event.target === search && search.value.trim()) {
    event.preventDefault();
    shownLinks()[0]?.click();
  } else if (event.key.length === 1 && links.includes(event.target) && event.key !== " ") {
    search.focus(); // and the character is typed there
  }
});
search.addEventListener("input", filterModels);
box.addEventListener("toggle", () => {
  if (box.open && box.contains(document.activeElement)) {
    search.focus();
  }
});
search.parentElement.hidden = false;
filterModels();

// The reference describes one model at a time: a fragment that names another one, as in a bookmark, opens its page.
function openModel() {
  const named = links.find((link) => link.parentElement.id && link.hash === location.hash);
  if (named) {
    location.replace(named.href);
  }
}
addEventListener("hashchange", openModel);
openModel();
