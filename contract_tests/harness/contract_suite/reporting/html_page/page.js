"use strict";
// Filters, and links that open what they lead to. The state is in the fragment: #model=shared&verdict=broken, or #rule-id.
const form = document.getElementById("filters");
const rules = [...document.querySelectorAll(".rule")];
const groups = [...document.querySelectorAll(".group")];
const texts = new Map(rules.map((rule) => [rule, rule.querySelector(".name").textContent.toLowerCase()]));
const names = ["q", "model", "verdict", "certainty"];

function wanted() {
  return Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
}

function fits(rule, { q, model, verdict, certainty }) {
  return (
    (!model || rule.dataset.about === model) &&
    (!verdict || rule.dataset.verdict.split(" ").includes(verdict)) &&
    (!certainty || rule.dataset.certainty === certainty) &&
    q.toLowerCase().split(/\s+/).every((word) => texts.get(rule).includes(word))
  );
}

function show() {
  const state = wanted();
  let count = 0;
  for (const rule of rules) {
    rule.hidden = !fits(rule, state);
    count += !rule.hidden;
  }
  for (const group of groups) {
    group.hidden = !group.querySelector(".rule:not([hidden])");
  }
  document.getElementById("nothing").hidden = count > 0;
  form.querySelector("output").textContent =
    count === rules.length ? `${count} rules` : `${count} of ${rules.length} rules`;
}

function remember() {
  const state = Object.entries(wanted()).filter(([, value]) => value);
  history.replaceState(null, "", state.length ? `#${new URLSearchParams(state)}` : location.pathname + location.search);
}

function follow() {
  const fragment = location.hash.slice(1);
  if (fragment.includes("=")) {
    const state = new URLSearchParams(fragment);
    for (const name of names) {
      form.elements[name].value = state.get(name) ?? "";
    }
    show();
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
  show();
  remember();
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => {
  for (const name of names) {
    form.elements[name].value = "";
  }
  show();
  remember();
});
addEventListener("hashchange", follow);
form.hidden = false;
show();
follow();
