// Charts of the dashboard, drawn from the tables beside them: what a table says, its chart shows.
const { Chart } = window;
const lines = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const dollars = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
const written = {
  dollars: (value) => dollars.format(value / 1e6),
  share: (value) => `${lines.format(value * 100)} %`,
  ms: (value) => `${lines.format(value)} ms`,
};

function palette() {
  const tokens = getComputedStyle(document.documentElement);
  const token = (name) => tokens.getPropertyValue(name).trim();
  const content = token("--color-base-content");
  return {
    of: (name) => (name === "muted" ? token("--line-strong") : token(`--color-${name}`)),
    content: `color-mix(in oklab, ${content} 72%, transparent)`,
    grid: token("--color-base-300"),
    figures: token("--font-mono") || "monospace",
    words: token("--font-sans") || "sans-serif",
  };
}

function read(table, colors, kind) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  const drawn = heads.map((head, place) => ({ head, place })).filter(({ head }) => head.dataset.color);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    datasets: drawn.map(({ head, place }) => {
      const color = colors.of(head.dataset.color);
      return {
        label: head.textContent.trim(),
        data: rows.map((row) => Number(row.cells[place].dataset.value)),
        words: rows.map((row) => row.cells[place].textContent.trim()),
        backgroundColor: color,
        borderColor: color,
        borderWidth: kind === "line" ? 2 : 0,
        pointRadius: rows.length > 1 ? 0 : 3,
        pointHitRadius: 12,
        tension: 0,
        maxBarThickness: 28,
      };
    }),
  };
}

function options(place, colors) {
  const { chart: kind, unit } = place.dataset;
  const stacked = kind === "stacked";
  const tick = { color: colors.content, font: { family: colors.figures, size: 11 } };
  const axis = { stacked, border: { display: false } };
  const write = written[unit] || ((value) => lines.format(value));
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false },
    scales: {
      x: { ...axis, grid: { display: false }, ticks: { ...tick, maxRotation: 0, autoSkipPadding: 16 } },
      y: { ...axis, grid: { color: colors.grid }, beginAtZero: true, ticks: { ...tick, maxTicksLimit: 6, callback: write } },
    },
    plugins: {
      legend: { position: "bottom", align: "start", labels: { color: colors.content, boxWidth: 10, boxHeight: 10, font: { family: colors.words } } },
      tooltip: { titleFont: { family: colors.words }, bodyFont: { family: colors.words }, callbacks: { label: ({ dataset, dataIndex }) => ` ${dataset.label}: ${dataset.words[dataIndex]}` } },
    },
  };
}

function draw(place) {
  const table = document.getElementById(place.dataset.of);
  const colors = palette();
  Chart.getChart(place.firstElementChild)?.destroy();
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${table.caption.textContent} The table beside it says the same.`);
  place.replaceChildren(canvas);
  place.hidden = false;
  const kind = place.dataset.chart === "line" ? "line" : "bar";
  new Chart(canvas, { type: kind, data: read(table, colors, kind), options: options(place, colors) });
}

const places = [...document.querySelectorAll("[data-chart]")];
const redraw = () => places.forEach(draw);
redraw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
