"use strict";
// The page is whole without this: it adds sorting, filters and what paper needs.

(() => {
  for (const element of document.querySelectorAll(".scripted")) element.hidden = false;

  const compare = new Intl.Collator("en", { numeric: true }).compare;

  function valueOf(row, column) {
    const cell = row.cells[column];
    if (cell.dataset.v === undefined) return cell.textContent.trim();
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  }

  function order(first, second, sign) {
    // A blank is no value, neither small nor large, so it stays last either way.
    if (first === null || second === null) return (first === null) - (second === null);
    if (typeof first === "string") return sign * compare(first, second);
    return first === second ? 0 : first < second ? -sign : sign;
  }

  function sort(table, heading) {
    const now = heading.getAttribute("aria-sort");
    const other = { ascending: "descending", descending: "ascending" };
    const next = other[now] ?? heading.dataset.first;
    const sign = next === "ascending" ? 1 : -1;
    const column = heading.cellIndex;
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [valueOf(row, column), row]);
    keyed.sort((first, second) => order(first[0], second[0], sign));
    for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", next);
    body.append(...keyed.map((pair) => pair[1]));
    return `Sorted by ${heading.innerText.trim()}, ${next}. `;
  }

  function filter(table, form, say, before = "") {
    const text = form.elements.text.value.trim().toLowerCase();
    const label = form.elements.label?.value ?? "";
    const below = form.elements.below.value === "" ? null : Number(form.elements.below.value);
    const dice = table.querySelector('th[data-name="dice"]')?.cellIndex;
    const rows = Array.from(table.tBodies[0].rows);
    let shown = 0;
    for (const row of rows) {
      const value = dice === undefined || below === null ? null : valueOf(row, dice);
      const fits =
        row.cells[0].textContent.toLowerCase().includes(text) &&
        (label === "" || row.dataset.label === label) &&
        (below === null || (value !== null && value < below));
      row.hidden = !fits;
      shown += fits;
    }
    const plain = (number) => number.toLocaleString("en");
    say.textContent = `${before}${plain(shown)} of ${plain(rows.length)} rows shown.`;
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const form = document.getElementById(table.dataset.filters);
    const say = document.getElementById(table.dataset.count);
    const update = (before = "") => {
      if (form) filter(table, form, say, before);
      else if (say) say.textContent = before;
    };
    for (const heading of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => update(sort(table, heading)));
    }
    form?.addEventListener("input", () => update());
    form?.addEventListener("submit", (event) => event.preventDefault());
    form?.addEventListener("reset", () => setTimeout(update));
    update();
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const part of opened) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
    opened = [];
  });
})();
