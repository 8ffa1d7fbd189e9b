// What was changed on the machines, in the address: `#tight?tight.m=5&dream.on=0,3`. Such a link shows the same again.

const PAUSE = 200;
const [, given = ""] = location.hash.split("?");
const found = new URLSearchParams(given);
const changed = new Map();
let waiting = 0;

/** Return the part that the address leads to, or "". */
export function part() {
  return location.hash.slice(1).split("?")[0];
}

/** Return the address of a part, with all that was changed. */
export function link(name) {
  return `${location.href.split("#")[0]}#${name}${changed.size ? `?${query()}` : ""}`;
}

function query() {
  return [...changed].map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
}

/** The state of one machine: `begin` has its values if the address says nothing, or nothing that makes sense. */
export class Kept {
  constructor(name, begin) {
    this.name = name;
    this.begin = begin;
  }

  said(key) {
    return found.get(`${this.name}.${key}`);
  }

  /** Return a number between two others. */
  number(key, low, high) {
    const said = this.said(key);
    const value = Number(said);
    return said === null || said === "" || !Number.isFinite(value) ? this.begin[key] : Math.min(high, Math.max(low, value));
  }

  /** Return a whole number from 0 on below another. */
  index(key, count) {
    return Math.round(this.number(key, 0, count - 1));
  }

  /** Return one of some words. */
  choice(key, words) {
    return words.includes(this.said(key)) ? this.said(key) : this.begin[key];
  }

  /** Return a list of different words out of some. */
  list(key, words) {
    const said = this.said(key);
    if (said === null) return this.begin[key];
    const known = new Set(words.map(String));
    const list = [...new Set(said.split(","))].filter((word) => known.has(word));
    return said && !list.length ? this.begin[key] : list;
  }

  /** Put values into the address, but for those that every reader begins with. */
  set(values) {
    const before = query();
    for (const [key, value] of Object.entries(values)) {
      const name = `${this.name}.${key}`;
      if (String(value) === String(this.begin[key])) changed.delete(name); else changed.set(name, String(value));
    }
    if (query() === before) return;
    // While a slider moves, the address need not follow it.
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", link(this.name)), PAUSE);
  }
}

// What the address says of machines that are not there yet must not be lost from it.
for (const [key, value] of found) changed.set(key, value);
addEventListener("hashchange", () => { if (location.hash.includes("?")) location.reload(); });
