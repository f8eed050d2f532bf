// Sorting: a click on a column's button sorts by the text, or by data-value where a cell has one.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const header = button.closest("th");
    const rising = header.getAttribute("aria-sort") !== "ascending";
    for (const other of header.parentNode.children) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", rising ? "ascending" : "descending");
    const value = (row) => {
      const cell = row.cells[header.cellIndex];
      return cell.dataset.value ?? cell.textContent.trim();
    };
    const compare = (a, b) => (header.classList.contains("number") ? number(a) - number(b) : a.localeCompare(b));
    const body = header.closest("table").tBodies[0];
    const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)));
    body.append(...(rising ? rows : rows.reverse()));
  });
}
// What has no number comes first.
function number(text) {
  return text === "" || text === "–" ? -Infinity : Number(text);
}
// A link to something inside a closed <details> opens it.
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
