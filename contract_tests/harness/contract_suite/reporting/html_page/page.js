"use strict";
// Filters of the rules, and links that open a rule. The fragment of the URL holds the state: #model=shared&verdict=broken, or #rule-id.
const form = document.getElementById("filters");
const rules = [...document.querySelectorAll(".rule")];
const groups = [...document.querySelectorAll(".group")];
const texts = new Map(rules.map((rule) => [rule, rule.querySelector(".name").textContent.toLowerCase()]));
const names = ["q", "model", "verdict", "certainty"];

function readFilters() {
  return Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
}

function matches(rule, { q, model, verdict, certainty }) {
  return (
    (!model || rule.dataset.about === model) &&
    (!verdict || rule.dataset.verdict.split(" ").includes(verdict)) &&
    (!certainty || rule.dataset.certainty === certainty) &&
    q.toLowerCase().split(/\s+/).every((word) => texts.get(rule).includes(word))
  );
}

function applyFilters() {
  const state = readFilters();
  let count = 0;
  for (const rule of rules) {
    rule.hidden = !matches(rule, state);
    count += !rule.hidden;
  }
  for (const group of groups) {
    group.hidden = !group.querySelector(".rule:not([hidden])");
  }
  document.getElementById("no-match").hidden = count > 0;
  form.querySelector("output").textContent =
    count === rules.length ? `${count} rules` : `${count} of ${rules.length} rules`;
}

function saveFilters() {
  const state = Object.entries(readFilters()).filter(([, value]) => value);
  history.replaceState(null, "", state.length ? `#${new URLSearchParams(state)}` : location.pathname + location.search);
}

function openFragment() {
  const fragment = location.hash.slice(1);
  if (fragment.includes("=")) {
    const state = new URLSearchParams(fragment);
    for (const name of names) {
      form.elements[name].value = state.get(name) ?? "";
    }
    applyFilters();
    return;
  }
  const target = fragment && document.getElementById(decodeURIComponent(fragment));
  if (target && target.classList.contains("rule")) {
    if (target.hidden) {
      form.reset();
      history.replaceState(null, "", `#${fragment}`);
    }
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  }
}

form.addEventListener("input", () => {
  applyFilters();
  saveFilters();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  for (const name of names) {
    form.elements[name].value = "";
  }
  applyFilters();
  saveFilters();
});
addEventListener("hashchange", openFragment);
form.hidden = false;
applyFilters();
openFragment();
